/** Part of `fleetwright/testing`: the conformance suite of drivers, and the conversation it holds with them. */
export { driverSuite, runDriverSuite, type DriverCase, type DriverReport } from "./driver-suite.ts"
export { answerSchema, type DriverFixture, type Observed, type Place, type Scenes } from "./fixture.ts"
export { openTestSession, type TestSession, type TurnSeen } from "./test-session.ts"
