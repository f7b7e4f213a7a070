/** The compiler: fleet file to IR. */
export { compile, type Compilation, type CompileRequest } from "./compile.ts"
export type { DriverDescription } from "./check/builtin-plugins.ts"
export * from "./diagnostics/index.ts"
