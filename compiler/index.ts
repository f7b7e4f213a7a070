/** The compiler: fleet file to IR. */
export { checkFleet, compile, type Compilation, type CompileRequest, type FleetCheck } from "./compile.ts"
export type { DriverDescription } from "./check/builtin-plugins.ts"
export * from "./diagnostics/index.ts"
