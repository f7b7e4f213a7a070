/** What a run is given on the command line. Whether it is enough, and of the right type, the runtime says: see `given`. */
import { parseInput, type Ir, type Json } from "#ir"
import { InvalidStart } from "#runtime"
import { suggest } from "#compiler/diagnostics/suggest.ts"
import { NotStarted } from "./exit.ts"

/** `--input k=v` read as the types that the fleet declares. */
export const readInputs = (ir: Ir, given: ReadonlyArray<string>): { readonly [name: string]: Json } => {
  const values = new Map<string, Json>()
  for (const pair of given) {
    const at = pair.indexOf("=")
    if (at < 1) throw new NotStarted(`--input ${pair}: write name=value`)
    const name = pair.slice(0, at)
    const declared = ir.inputs.find((input) => input.name === name)
    if (declared === undefined) {
      const names = ir.inputs.map((input) => input.name)
      const near = suggest(name, names)
      const known = names.length === 0 ? "" : `; its inputs are ${names.join(", ")}`
      throw new NotStarted(`the fleet has no input ${JSON.stringify(name)}${near === undefined ? known : `; did you mean ${near}?`}`)
    }
    const parsed = parseInput(declared.type, pair.slice(at + 1))
    if (!parsed.ok)
      throw new NotStarted(`--input ${name}: ${parsed.problems.map(({ path, message }) => `${path}${path === "" ? "" : ": "}${message}`).join("; ")}`)
    values.set(name, parsed.value)
  }
  return Object.fromEntries(values)
}

/** For what rejects when a run does not start: inputs that do not fit, and a directory that is no repository, are the user's to mend. */
export const told = (error: unknown): never => {
  throw error instanceof InvalidStart ? new NotStarted(error.place ? error.message : `${error.message}; inputs are given with --input NAME=VALUE`) : error
}
