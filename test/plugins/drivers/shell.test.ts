import { shellFixture } from "./fixtures.ts"
import { suite } from "./suite.ts"

suite(shellFixture)
