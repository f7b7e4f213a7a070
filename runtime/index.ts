/** The runtime: interprets the IR. `startRun` for programs with Effect, `startFleet` for those with Promises, `simulate` in virtual time. */
export { startFleet, type Fleet } from "./engine/start-fleet.ts"
export { startRun } from "./engine/start-run.ts"
export { InvalidStart } from "./engine/beginning.ts"
export { loadIr, type LoadedIr } from "./load-ir.ts"
export { simulate, type SimulateOptions, type Simulation } from "./engine/simulate.ts"
export { readOutsideScript, type OutsideScript, type OutsideScriptResult, type ScriptedCommand, type ScriptedReply } from "./engine/script.ts"
export { answerOfNobody } from "./engine/nobody.ts"
export { runVirtual, WaitsForEver } from "./engine/virtual-time.ts"
export type {
  AnyDriver, AnyWorkspaceProvider, Drivers, Lagged, RunHandle, RunOptions, RunResult, SessionResult, UserCommand, Workspaces,
} from "./engine/run.ts"
export { Journal, JournalError, type JournalRecord, type JournalShape, type Lease, type RunEntry } from "./journal/journal.ts"
export { layerMemory, makeMemoryJournal } from "./journal/memory.ts"
export { layerSqlite, makeSqliteJournal } from "./journal/sqlite.ts"
export type { AgentEvent, CancelReason, Command, Fact, Failure, FleetEvent, Rejection, RequestKind, SessionStatus, StopReason, Usage } from "./machine/protocol.ts"
export { initialState, step } from "./machine/index.ts"
