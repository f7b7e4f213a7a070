import { acpFixture, acpSdkFixture } from "./protocol-fixtures.ts"
import { suite } from "./suite.ts"

suite(acpFixture("1"))
suite(acpFixture("2"))
suite(acpSdkFixture("1"))
suite(acpSdkFixture("2"))
