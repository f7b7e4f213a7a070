import { claudeFixture } from "./fixtures.ts"
import { suite } from "./suite.ts"

suite(claudeFixture)
