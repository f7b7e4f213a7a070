/** What `run` and `simulate` start from: a fleet file compiled, or IR that is decoded and verified before anything believes it. */
import type { Ir } from "#ir"
import type { CompiledFleet } from "./compile-fleet.ts"
import { NotStarted } from "./exit.ts"
import { readText } from "./fleet-files.ts"
import { render } from "./render.ts"
import { colors, err } from "./terminal.ts"

interface Options {
  readonly headless: boolean
  /** People speak to its sessions: one that no rule starts is not out of reach, nor is what follows from it. */
  readonly spokenTo?: boolean
}

const byPeople: ReadonlySet<string> = new Set(["unreachable-session", "dead-route"])

/** Errors of the fleet are printed to stderr first. */
export const loadFleet = async (path: string, options: Options): Promise<Ir> => {
  if (path.endsWith(".json")) return readIr(path)
  const { ir, refused } = await load(path, options)
  if (ir === undefined) throw refused
  return ir
}

/** As `loadFleet`, to be played only: a fleet whose only errors say what its flow comes to is played all the same, since that shows what they mean. */
export const loadPlay = async (path: string, options: Options): Promise<{ readonly ir: Ir; readonly isFlawed: boolean }> => {
  if (path.endsWith(".json")) return { ir: await readIr(path), isFlawed: false }
  const { ir, trial, refused } = await load(path, options)
  if (ir !== undefined) return { ir, isFlawed: false }
  if (trial === undefined) throw refused
  return { ir: trial, isFlawed: true }
}

const load = async (path: string, options: Options): Promise<Pick<CompiledFleet, "ir" | "trial"> & { readonly refused: NotStarted }> => {
  const { compileFile } = await import("./compile-fleet.ts")
  const { diagnostics, texts, ...compiled } = await compileFile(path, options)
  const told = options.spokenTo === true ? diagnostics.filter(({ code }) => !byPeople.has(code)) : diagnostics
  err(await render("pretty", told, texts, colors(process.stderr)))
  const isWrong = diagnostics.some(({ severity }) => severity === "error")
  return { ...compiled, refused: new NotStarted(isWrong ? `${path}: this fleet has errors` : `${path}: no IR came of this fleet`) }
}

/** A fleet that is in no file: nobody can mend it, so only what keeps it from running is told. */
export const compileText = async (name: string, text: string): Promise<Ir> => {
  const { compileFleet } = await import("./compile-fleet.ts")
  const { diagnostics, texts, ir } = await compileFleet(name, text, { headless: false })
  if (ir !== undefined) return ir
  err(await render("pretty", diagnostics, texts, colors(process.stderr)))
  throw new NotStarted("no session can be made of this")
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
