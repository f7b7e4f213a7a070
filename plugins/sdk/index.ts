export type { AgentEvent, Frame, StopReason, Usage } from "./cap.ts"
export type { ConfigIssue, ConfigResult, ConfigSchema } from "./config.ts"
export { capFailure } from "./cap-errors.ts"
export { formOf } from "./choice-form.ts"
export { elicitationEvent, elicitationResult } from "./elicitation.ts"
export { checkPlugin, kindsOf, type CheckedPlugin } from "./check-plugin.ts"
export { defineDriver, definePolicy, defineRouting, defineSink, defineWorkspace, type WrittenDriver } from "./define.ts"
export {
  noCapabilities,
  type Confine,
  type Driver,
  type DriverCapabilities,
  type DriverContext,
  type DriverEvent,
  type DriverFailure,
  type DriverHandle,
} from "./driver.ts"
export { failed, failure, FleetFailure } from "./failure.ts"
export { argvField, singleField, textField, type FieldRule } from "./fields.ts"
export { withTarget } from "./target-field.ts"
export { makeOutbox, type Outbox } from "./outbox.ts"
export { pluginApi, pluginKinds, type Plugin, type PluginKind } from "./plugin.ts"
export {
  boundaries,
  policyEffects,
  type Boundary,
  type PatchOperation,
  type PolicyContext,
  type PolicyDecision,
  type PolicyEffect,
  type PolicyPack,
  type PolicyPayload,
} from "./policy.ts"
export type { DynamicView, Routing, RoutingAction, RoutingRequest, RoutingView, SessionView } from "./routing.ts"
export type { Sink, SinkContext, SinkEvent } from "./sink.ts"
export type { Snapshot, Workspace, WorkspaceProvider, WorkspaceRequest, WorkspaceSite } from "./workspace.ts"
export { findProgram, programPlaces } from "./find-program.ts"
export { ownPath } from "./own-path.ts"
export { openTaking } from "./frames-taken.ts"
export { readLines, type Line } from "./lines.ts"
export { findsMarks, killMarked, markedBefore, markedLike, markedProcesses, markedRuns, markNames } from "./marked-processes.ts"
export { mustBeStoppable, startProcess, type AgentProcess, type AgentProcessOptions, type Exit } from "./process.ts"
export { departure, openConversation, startAgent, type AgentStart, type Conversation, type ConversationOptions, type Protocol } from "./conversation.ts"
export { makeJsonRpc, methodNotFound, RpcError, type Incoming, type JsonRpc, type RpcId } from "./json-rpc.ts"
export { fieldsOf, isFields, isList, listOf, numberOf, textOf, type Fields } from "./json.ts"
export { frameLine, readMessage, readMessages, type Message } from "./ndjson.ts"
export { choiceField, durationField, optionalFields, textsField } from "./record-fields.ts"
export { commandRisk } from "./risk.ts"
export { makeTimers, type Timers } from "./timers.ts"
export { interruptGraceMs, makeTurnKeeper, type TurnEnd, type TurnKeeper, type TurnKeeperOptions } from "./turn-keeper.ts"
export { within } from "./within.ts"
export { servedTools, type ServedTool, type ToolGate } from "./tool-gate.ts"
export { holdClock, type HeldClock } from "./held-clock.ts"
export { glob } from "./glob.ts"
export { namedPlaces } from "./named-places.ts"
export { resolvedPath } from "./resolved-path.ts"
export { commandOf, pathsOf } from "./tool-payload.ts"
export { simpleCommands, type ShellRun, type SimpleCommands } from "./shell-runs.ts"
/** Regular expressions that run in linear time whatever they are given. */
export { namedGroups, pattern as safePattern, type Groups, type Pattern as SafePattern } from "#ir"
