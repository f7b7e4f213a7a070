/** What `run` and `simulate` start from: a fleet file compiled, or IR that is decoded and verified before anything believes it. */
import { hashOf, type Ir } from "#ir"
import { exit, NotStarted } from "./exit.ts"
import { readText } from "./fleet-files.ts"
import { render } from "./render.ts"
import { colors, err } from "./terminal.ts"

/** Errors of the fleet are printed to stderr first. */
export const loadFleet = async (path: string, options: { readonly headless: boolean }): Promise<Ir> => {
  if (path.endsWith(".json")) return readIr(path)
  const { compileFile } = await import("./compile-fleet.ts")
  const { diagnostics, texts, ir } = await compileFile(path, options)
  err(await render("pretty", diagnostics, texts, colors(process.stderr)))
  if (ir !== undefined) return ir
  throw new NotStarted(diagnostics.some(({ severity }) => severity === "error") ? `${path}: this fleet has errors` : `${path}: no IR came of this fleet`)
}
