/** `fleetwright/testing`: fleets without agents and without waiting; what a driver must pass. */
export { makeMemoryJournal, layerMemory, runVirtual, type JournalShape } from "#runtime"
export { makeScripted, readScript, type Script, type ScriptResult } from "#plugins"
export { simulate, type SimulateOptions, type Simulation } from "./simulate.ts"
export {
  answerSchema, driverSuite, openTestSession, runDriverSuite, type DriverCase, type DriverFixture, type DriverReport, type Observed, type Place, type Scenes,
  type TestSession, type TurnSeen,
} from "../plugins/sdk/testing/index.ts"
