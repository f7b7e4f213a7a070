/**
 * `fleetwright`: the everyday face. Compile a fleet, run it with the drivers and workspaces that come along, or simulate it.
 * Who needs only one half loads less with `fleetwright/compiler` or `fleetwright/runtime`.
 */
export { checkFleet, compile, type Compilation, type CompileRequest, type Diagnostic, type FleetCheck } from "#compiler"
export { compileFile, type CompileFileOptions } from "./compile-file.ts"
export type { Ir, Json } from "#ir"
export { builtinDrivers, builtinWorkspaces } from "#plugins"
export type { Fleet, FleetEvent, Rejection, RunResult, SessionResult, UserCommand } from "#runtime"
export { simulate, type SimulateOptions, type Simulation } from "./simulate.ts"
export { startFleet, type StartOptions } from "./start-fleet.ts"
