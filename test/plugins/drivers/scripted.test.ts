import { scriptedFixture } from "./fixtures.ts"
import { suite } from "./suite.ts"

suite(scriptedFixture)
