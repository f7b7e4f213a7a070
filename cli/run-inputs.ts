/** What a run is given: typed inputs and the task. */
import { dirname, resolve } from "node:path"
import { parseInput, type Ir, type Json } from "#ir"
import { suggest } from "#compiler/diagnostics/suggest.ts"
import { NotStarted } from "./exit.ts"
import { readText } from "./fleet-files.ts"

/** `--input k=v` against what the fleet declares; its defaults for the rest. */
export const readInputs = (ir: Ir, given: ReadonlyArray<string>): { readonly [name: string]: Json } => {
  const values = new Map<string, Json>()
  for (const input of ir.inputs) if (input.default !== undefined) values.set(input.name, input.default)
  for (const pair of given) {
    const at = pair.indexOf("=")
    if (at < 1) throw new NotStarted(`--input ${pair}: write name=value`)
    const name = pair.slice(0, at)
    const declared = ir.inputs.find((input) => input.name === name)
    if (declared === undefined) {
      const near = suggest(name, ir.inputs.map((input) => input.name))
      throw new NotStarted(`the fleet has no input ${JSON.stringify(name)}${near === undefined ? "" : `; did you mean ${near}?`}`)
    }
    const parsed = parseInput(declared.type, pair.slice(at + 1))
    if (!parsed.ok) throw new NotStarted(`--input ${name}: ${parsed.problems.map(({ path, message }) => `${path}${path === "" ? "" : ": "}${message}`).join("; ")}`)
    values.set(name, parsed.value)
  }
  const missing = ir.inputs.filter(({ name, type }) => !values.has(name) && type.kind !== "maybe").map(({ name }) => name)
  if (missing.length > 0) throw new NotStarted(`the fleet needs ${missing.map((name) => `--input ${name}=…`).join(" ")}`)
  return Object.fromEntries(values)
}

/** `--task`, else the text of the file that the fleet names. */
export const readTask = async (ir: Ir, fleetFile: string, given: string | undefined): Promise<string | undefined> =>
  given ?? (ir.fleet.taskFile === undefined ? undefined : readText(resolve(dirname(fleetFile), ir.fleet.taskFile)))
