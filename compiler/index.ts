/** The compiler: fleet file to IR. */
export { agentsNamed, checker, checkFleet, compile, pluginsNamed, type Compilation, type CompileRequest, type FleetCheck } from "./compile.ts"
export type { FoundPlugins } from "./check/apply-manifests.ts"
export type { DriverDescription } from "./check/builtin-plugins.ts"
export * from "./diagnostics/index.ts"
