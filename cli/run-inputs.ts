/** What a run is given: typed inputs and the task. */
import { dirname, resolve } from "node:path"
import { evaluateExpression, parseInput, printValue, type Ir, type Json, type Scope } from "#ir"
import { suggest } from "#compiler/diagnostics/suggest.ts"
import { NotStarted } from "./exit.ts"
import { readText } from "./fleet-files.ts"

type Inputs = { readonly [name: string]: Json }

/** `--input k=v` against what the fleet declares; its defaults for the rest. */
export const readInputs = (ir: Ir, given: ReadonlyArray<string>): Inputs => {
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

/** `--task`, else the fleet's own: the text of the file it names, or its template with the inputs filled in. */
export const readTask = async (ir: Ir, fleetFile: string, inputs: Inputs, given: string | undefined): Promise<string | undefined> => {
  const { task, taskFile } = ir.fleet
  if (given !== undefined) return given
  if (taskFile !== undefined) return readText(resolve(dirname(fleetFile), taskFile))
  if (task === undefined) return undefined
  const evaluated = evaluateExpression(task.expr, beforeTheRun(ir, inputs))
  if (!evaluated.ok) throw new NotStarted(`the task of the fleet has no text: ${evaluated.message}`)
  return printValue(evaluated.value)
}

/** Nothing has happened yet: only inputs and lets have values. */
const beforeTheRun = (ir: Ir, inputs: Inputs): Scope => ({
  session: () => undefined,
  input: (name) => inputs[name],
  fleet: () => undefined,
  human: () => undefined,
  let: (name) => ir.lets.find((named) => named.name === name)?.value.expr,
  variable: () => undefined,
  inputUnit: (name) => {
    const kind = ir.inputs.find((input) => input.name === name)?.type.kind
    return kind === "duration" || kind === "money" ? kind : undefined
  },
})
