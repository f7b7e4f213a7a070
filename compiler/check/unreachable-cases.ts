/**
 * Cases that earlier ones leave nothing to (language.md 5). Conditions are taken apart into what can be counted, a value compared with
 * literals, and what cannot, which may be true or false; a case is told of only when no combination at all comes to it.
 */
import { chainKey, infer, type Expr, type Json, type TypeEnv } from "../ir/index.ts"
import { opaqueKey, shownChain, truthOf, valuesOf, type Value } from "./exhaustiveness.ts"
import { partsOf } from "./parts.ts"

const maxCombinations = 2000

export interface UnreachableCase {
  readonly at: number
  readonly reason: string
}

/** `guards`: one per case, undefined for `otherwise`. */
export const unreachableCases = (guards: ReadonlyArray<Expr | undefined>, env: TypeEnv): ReadonlyArray<UnreachableCase> => {
  const always = guards.findIndex((guard) => guard === undefined || (guard.op === "literal" && guard.value === true))
  const after = always < 0 ? [] : guards.flatMap((_, at) => (at > always ? [{ at, reason: "the case before it always holds" }] : []))
  const open = guards.slice(0, always < 0 ? guards.length : always + 1)
  return [...uncovered(open, env), ...after]
}

const uncovered = (guards: ReadonlyArray<Expr | undefined>, env: TypeEnv): ReadonlyArray<UnreachableCase> => {
  if (guards.length === 1 && guards[0] === undefined) return []
  const atoms = new Map<string, Atom>()
  for (const guard of guards) if (guard !== undefined) for (const atom of atomsIn(guard, env)) atoms.set(atom.key, atom)
  const literals = guards.flatMap((guard) => (guard === undefined ? [] : partsOf(guard))).flatMap((part) => (part.op === "literal" ? [part.value] : []))
  const choices = [...atoms.values()].map(({ key, values }) => ({ key, values: values(literals) }))
  if (choices.reduce((product, { values }) => product * values.length, 1) > maxCombinations) return []
  const combinations = new Combinations(choices)
  const comesTo = (at: number, known: ReadonlyMap<string, Value>): boolean =>
    guards.slice(0, at).every((guard) => guard !== undefined && truthOf(guard, known) !== true)
  return guards.flatMap((guard, at): ReadonlyArray<UnreachableCase> => {
    if (combinations.some((known) => comesTo(at, known) && (guard === undefined || truthOf(guard, known) !== false))) return []
    if (!combinations.some((known) => comesTo(at, known))) return [{ at, reason: "the cases before it already take everything" }]
    const alone = guard !== undefined && combinations.every((known) => truthOf(guard, known) === false)
    return [{ at, reason: alone ? `its condition never holds${about(guard)}` : "an earlier case already takes what it would" }]
  })
}

interface Choice {
  readonly key: string
  readonly values: ReadonlyArray<Value>
}

/** Every way to choose one value for each key. Mostly one of the first will do, so none is made before it is asked for. */
class Combinations {
  readonly #choices: ReadonlyArray<Choice>
  readonly #count: number
  readonly #made: Array<ReadonlyMap<string, Value>> = []

  constructor(choices: ReadonlyArray<Choice>) {
    this.#choices = choices
    this.#count = choices.reduce((product, { values }) => product * values.length, 1)
  }

  some(test: (known: ReadonlyMap<string, Value>) => boolean): boolean {
    for (let number = 0; number < this.#count; number++) if (test((this.#made[number] ??= this.#at(number)))) return true
    return false
  }

  every(test: (known: ReadonlyMap<string, Value>) => boolean): boolean {
    return !this.some((known) => !test(known))
  }

  /** The last key changes first. */
  #at(number: number): ReadonlyMap<string, Value> {
    const known = new Map<string, Value>()
    let rest = number
    for (const { key, values } of this.#choices.toReversed()) {
      const value = values[rest % values.length]
      if (value !== undefined) known.set(key, value)
      rest = Math.floor(rest / values.length)
    }
    return known
  }
}

const about = (guard: Expr): string => {
  const chain = partsOf(guard).find((part) => chainKey(part) !== undefined)
  return chain === undefined ? "" : `, whatever ${shownChain(chain)} is`
}

interface Atom {
  readonly key: string
  readonly values: (literals: ReadonlyArray<Json>) => ReadonlyArray<Value>
}

/** What has another value in another run, or another place. */
const readsRun: ReadonlySet<Expr["op"]> = new Set(["session", "input", "let", "variable", "fleet", "human"])

const truths: ReadonlyArray<Value> = [
  { kind: "boolean", value: true },
  { kind: "boolean", value: false },
]
const comparing: ReadonlySet<string> = new Set(["==", "!=", "<", "<=", ">", ">=", "in"])

const atomsIn = (guard: Expr, env: TypeEnv): ReadonlyArray<Atom> => {
  if (guard.op === "literal") return []
  if (guard.op === "not") return atomsIn(guard.operand, env)
  if (guard.op === "binary" && (guard.operator === "and" || guard.operator === "or")) return [...atomsIn(guard.left, env), ...atomsIn(guard.right, env)]
  const chain = counted(guard)
  const key = chain && chainKey(chain)
  const type = chain && infer(chain, env).type
  if (key !== undefined && type !== undefined && valuesOf(type, []) !== undefined) return [{ key, values: (literals) => valuesOf(type, literals) ?? [] }]
  // what reads nothing of the run is what it says
  if (!partsOf(guard).some(({ op }) => readsRun.has(op))) return []
  return [{ key: opaqueKey(guard), values: () => truths }]
}

/** The chain that a condition compares with literals, or is. */
const counted = (guard: Expr): Expr | undefined => {
  if (chainKey(guard) !== undefined) return guard
  if (guard.op !== "binary" || !comparing.has(guard.operator)) return undefined
  const { left, right } = guard
  if (chainKey(left) !== undefined && isConstant(right)) return left
  return guard.operator !== "in" && chainKey(right) !== undefined && isConstant(left) ? right : undefined
}

const isConstant = (expr: Expr): boolean =>
  expr.op === "literal" || (expr.op === "negate" && isConstant(expr.operand)) || (expr.op === "list" && expr.items.every(isConstant))
