/** What a run begins with: inputs checked against what the fleet declares, defaults filled in, and the task as a text. */
import * as Data from "effect/Data"
import { declaredIn, evaluateExpression, misfits, printType, printValue, type Ir, type Json, type Scope } from "#ir"
import { plainJson } from "./plain-json.ts"

export interface Given {
  readonly inputs?: { readonly [name: string]: Json }
  /** Instead of the fleet's own. */
  readonly task?: string
  /** The id of the run; branches and paths are named after it. */
  readonly run?: string
}

export interface Beginning {
  readonly inputs: { readonly [name: string]: Json }
  readonly task?: string
}

/** What was given does not fit the fleet, or its sessions could work nowhere: nothing was started. Each problem is a line for people. */
export class InvalidStart extends Data.TaggedError("InvalidStart")<{
  readonly problems: ReadonlyArray<string>
  readonly message: string
  /** What does not fit is where the fleet is to work, not what it was given. */
  readonly place?: true
}> {}

const invalid = (problems: ReadonlyArray<string>): InvalidStart => new InvalidStart({ problems, message: problems.join("; ") })

const isRunId = (id: unknown): boolean => typeof id === "string" && /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/u.test(id)

/** Language page, sections 2 and 4. The fleet's task is a template over inputs and lets alone: nothing else has a value yet. */
export const beginningOf = (ir: Ir, given: Given): Beginning | InvalidStart => {
  const declared = new Set(ir.inputs.map(({ name }) => name))
  const problems = Object.keys(given.inputs ?? {}).flatMap((name) => (declared.has(name) ? [] : [`the fleet has no input "${name}"`]))
  const values = new Map<string, Json>()
  for (const input of ir.inputs) {
    const { name, type, default: fallback } = input
    const brought = given.inputs !== undefined && Object.hasOwn(given.inputs, name) ? given.inputs[name] : undefined
    const value = brought === undefined ? fallback : plainJson(brought)
    if (brought !== undefined && value === undefined) problems.push(`input "${name}": it is no JSON`)
    else if (value !== undefined) {
      values.set(name, value)
      problems.push(...misfits(input, value).map(({ path, message }) => `input "${name}"${path === "" ? "" : ` at ${path}`}: ${message}`))
    } else if (type.kind !== "maybe") problems.push(`input "${name}" is missing: expected ${printType(type)}`)
  }
  if (given.task !== undefined && typeof given.task !== "string") problems.push("the task is no text")
  if (given.run !== undefined && !isRunId(given.run)) problems.push("the id of a run is 1 to 100 letters, digits, - and _")
  if (problems.length > 0) return invalid(problems)
  const inputs = Object.fromEntries(values)
  if (given.task !== undefined) return { inputs, task: given.task }
  if (ir.fleet.task === undefined) return { inputs }
  const evaluated = evaluateExpression(ir.fleet.task.expr, beforeTheRun(ir, values))
  return evaluated.ok ? { inputs, task: printValue(evaluated.value) } : invalid([`the task of the fleet has no text: ${evaluated.message}`])
}

const beforeTheRun = (ir: Ir, inputs: ReadonlyMap<string, Json>): Scope => ({
  session: () => undefined,
  input: (name) => inputs.get(name),
  fleet: () => undefined,
  human: () => undefined,
  let: (name) => ir.lets.find((named) => named.name === name)?.value.expr,
  variable: () => undefined,
  declared: declaredIn(ir),
})
