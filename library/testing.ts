/** `fleetwright/testing`: fleets without agents and without waiting; plugins tried out in them; what a driver must pass. */
export { makeMemoryJournal, layerMemory, runVirtual, type JournalShape } from "#runtime"
export { makeScripted, readScript, type Script, type ScriptResult } from "#plugins"
export { simulate, type SimulateOptions, type Simulation } from "./simulate.ts"
export {
  answerSchema,
  driverSuite,
  openTestSession,
  runDriverSuite,
  type DriverCase,
  type DriverFixture,
  type DriverReport,
  type Observed,
  type Place,
  type Scenes,
  type TestSession,
  type TurnSeen,
} from "../plugins/sdk/testing/index.ts"
export { asPlugin, tryFleet, tryPolicy, type TriedFleet, type TriedPolicy } from "./try-plugins.ts"
