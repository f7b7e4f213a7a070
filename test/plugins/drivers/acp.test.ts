import { acpFixture } from "./protocol-fixtures.ts"
import { suite } from "./suite.ts"

suite(acpFixture("1"))
suite(acpFixture("2"))
