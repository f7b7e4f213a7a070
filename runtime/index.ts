/** The runtime: interprets the IR. `startRun` for programs with Effect, `startFleet` for those with Promises, `simulate` in virtual time. */
export { startFleet, type Fleet } from "./engine/start-fleet.ts"
export { startRun } from "./engine/start-run.ts"
export { forkFleet, resumeFleet, type ResumedFleet } from "./engine/resume-fleet.ts"
export { NotResumable, openRequests, resumeRun, type OpenRequest, type ResumedRun, type ResumeOptions } from "./engine/resume-run.ts"
export { mergePlans, type PlanEntry, type PlanPriority, type PlanStatus } from "./engine/fleet-plan.ts"
export { foldRun, irOf, type Folded } from "./engine/fold-run.ts"
export { InvalidStart } from "./engine/beginning.ts"
export { loadIr, type LoadedIr } from "./load-ir.ts"
export { simulate, type SimulateOptions, type Simulation } from "./engine/simulate.ts"
export { readOutsideScript, type OutsideScript, type OutsideScriptResult, type ScriptedCommand, type ScriptedReply } from "./engine/script.ts"
export { answerOfNobody } from "./engine/nobody.ts"
export { GoesOnForEver } from "./engine/endless.ts"
export { runVirtual, WaitsForEver } from "./engine/virtual-time.ts"
export type {
  AnyDriver,
  AnyPolicyPack,
  AnyRouting,
  AnySink,
  AnyWorkspaceProvider,
  Drivers,
  Policies,
  Routers,
  Sinks,
  Lagged,
  RunHandle,
  RunOptions,
  RunResult,
  SessionResult,
  UserCommand,
  Workspaces,
} from "./engine/run.ts"
export { forkRun, NotForkable, type ForkOptions } from "./engine/fork-run.ts"
export { replayRun, type Replay } from "./engine/replay-run.ts"
export { chainStart, verifyChain, type ChainFault } from "./journal/chain.ts"
export {
  Journal,
  JournalError,
  type CommandAnswer,
  type ControlChannel,
  type JournalRecord,
  type JournalShape,
  type Lease,
  type RunEntry,
} from "./journal/journal.ts"
export { bestEffort } from "./journal/best-effort.ts"
export { layerMemory, makeMemoryJournal } from "./journal/memory.ts"
export { layerSqlite, makeSqliteJournal } from "./journal/sqlite.ts"
export type {
  AgentEvent,
  CancelReason,
  Command,
  Fact,
  Failure,
  FleetEvent,
  Rejection,
  RequestKind,
  SessionStatus,
  StopReason,
  Usage,
} from "./machine/protocol.ts"
export { initialState, step, type State } from "./machine/index.ts"
