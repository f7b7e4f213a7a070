/** What `run` and `simulate` start from: a fleet file compiled, or IR that is decoded and verified before anything believes it. */
import type { Ir } from "#ir"
import { NotStarted } from "./exit.ts"
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

const readIr = async (path: string): Promise<Ir> => {
  const { loadIr } = await import("#runtime/load-ir.ts")
  const loaded = loadIr(parseJson(path, await readText(path)))
  if (loaded.ok) return loaded.ir
  const shown = loaded.problems.slice(0, 5).map(({ path: at, message }) => `${at === "" ? "/" : at}: ${message}`)
  const more = loaded.problems.length - shown.length
  throw new NotStarted(`${path}: this is no IR that can be run: ${shown.join("; ")}${more > 0 ? `; and ${more} more` : ""}`)
}

const parseJson = (path: string, text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    throw new NotStarted(`${path}: this is not JSON`)
  }
}
