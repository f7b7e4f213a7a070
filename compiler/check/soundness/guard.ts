/**
 * Guards as choices of the environment. What a session put out is not known before a run; what guards ask about it is collected as
 * *atoms*: an enum or boolean path of an output, or a whole comparison that cannot be folded. Two guards that ask for one atom get one answer.
 */
import { evaluate as evaluateConstant, type Scope } from "../../ir/evaluate.ts"
import type { BinaryOperator, Expr, Ir, Type } from "../../ir/model.ts"
import { constantOf } from "../constant.ts"
import { childrenOf } from "../../ir/children.ts"
import { selectedBy } from "./actions.ts"

export type Value = null | boolean | number | string

export interface Atom {
  readonly key: string
  readonly label: string
  readonly domain: ReadonlyArray<Value>
  /** Sessions (and `human`) whose results decide the answer. */
  readonly reads: ReadonlyArray<string>
  /** It depends on more than what the session put out, such as what it cost: no token carries that. */
  readonly ofSession: boolean
  /** A value of what was put out, or of what was selected. */
  readonly isPath: boolean
  /** It may turn out otherwise each time. */
  readonly fleeting: boolean
  /** A condition whose values cannot be enumerated: that it may turn out either way is an assumption. */
  readonly opaque?: Expr
  /** All that stands in such a condition, what `let`s stand for included. */
  readonly parts?: ReadonlyArray<Expr>
}

/** The answer that is known, if one is. */
export type Known = (atom: Atom) => Value | undefined
export type Evaluated = { readonly value: Value } | { readonly ask: Atom }

/** Before the name of a session: how many subtasks it has given. */
export const subtasksKey = "t:"

/** A value of a path that none of the literals names. */
export const other = "\u0000other"

/** Every node of a tree, `let`s looked up, each once: they can multiply. */
const walk = (lets: ReadonlyMap<string, Expr>, expr: Expr, visit: (node: Expr) => void, seen = new Set<string>()): void => {
  visit(expr)
  const inlined = expr.op === "let" && !seen.has(expr.name) ? lets.get(expr.name) : undefined
  if (expr.op === "let") seen.add(expr.name)
  if (inlined !== undefined) walk(lets, inlined, visit, seen)
  for (const part of childrenOf(expr)) walk(lets, part, visit, seen)
}

export interface Guards {
  readonly evaluate: (guard: Expr, known: Known) => Evaluated
  /** How many items a list has; `sizes` are the lengths that matter to whoever asks. */
  readonly lengthOf: (list: Expr, sizes: ReadonlyArray<number>, known: Known) => Evaluated
  /** Sessions (and `human`) that an expression reads. */
  readonly reads: (expr: Expr) => ReadonlyArray<string>
  /** Whether it asks for more of sessions than what they put out, such as what they cost. */
  readonly asksSessions: (expr: Expr) => boolean
  /** What stands for a name of a `let`. */
  readonly lets: ReadonlyMap<string, Expr>
}

interface Path {
  readonly label: string
  readonly type: Type | undefined
  readonly key: string
  readonly root: string | undefined
}

const numeric: ReadonlySet<string> = new Set(["integer", "number", "duration", "money"])

const asksSession = (expr: Expr): boolean => expr.op === "session" && expr.property !== "output" && expr.property !== "text" && expr.property !== "outputs"
const isFleeting = (expr: Expr): boolean =>
  (expr.op === "fleet" && expr.property !== "task") || (expr.op === "session" && expr.property === "status") || expr.op === "variable"
const isUnknown = (expr: Expr): boolean => ["session", "input", "fleet", "human", "variable"].includes(expr.op)

/** One number for every way it can compare with these. */
const representatives = (literals: ReadonlyArray<number>, whole: boolean): ReadonlyArray<number> => {
  const sorted = [...new Set(literals)].sort((a, b) => a - b)
  const around = sorted.flatMap((each, at) => {
    const next = sorted[at + 1]
    if (whole) return [Math.ceil(each) - 1, Math.floor(each), Math.floor(each) + 1]
    return [...(at === 0 ? [each - 1] : []), each, next === undefined ? each + 1 : (each + next) / 2]
  })
  return [...new Set(around)].sort((a, b) => a - b)
}

const compare = (operator: BinaryOperator, left: number, right: number): boolean =>
  operator === "<" ? left < right : operator === "<=" ? left <= right : operator === ">" ? left > right : left >= right

/** Of whom people select one: nobody knows of instances how many there are. */
const selectionOf = ({ sessions, rules }: Pick<Ir, "sessions" | "rules">): Type => {
  const instances = new Set(sessions.flatMap(({ id, instances: many }) => (many ? [id] : [])))
  const selected = new Set(rules.flatMap(selectedBy))
  return selected.size === 0 || [...selected].some((id) => instances.has(id)) ? { kind: "string" } : { kind: "enum", values: [...selected] }
}

/** Prepares the guards of a fleet: the domain of each path is its enum, or the literals it is compared with and what lies between them. */
export const readGuards = (ir: Pick<Ir, "sessions" | "inputs" | "lets" | "rules">): Guards => {
  const selection = selectionOf(ir)
  const lets = new Map(ir.lets.map(({ name, value }) => [name, value.expr]))
  const outputs = new Map(ir.sessions.map(({ id, output }) => [id, output?.type]))
  const inputs = new Map(ir.inputs.map(({ name, type }) => [name, type]))
  const literals = new Map<string, Set<Value>>()

  const resolve = (expr: Expr): Expr => {
    const inlined = expr.op === "let" ? lets.get(expr.name) : undefined
    return inlined === undefined ? expr : resolve(inlined)
  }

  const pathOf = (from: Expr): Path | undefined => {
    const expr = resolve(from)
    if (expr.op === "session" && expr.property === "output")
      return { label: `${expr.session}.output`, key: `s:${expr.session}`, type: outputs.get(expr.session), root: expr.session }
    if (expr.op === "input") return { label: `inputs.${expr.name}`, key: `i:${expr.name}`, type: inputs.get(expr.name), root: undefined }
    if (expr.op === "human") return { label: "selection", key: "h:", type: selection, root: "human" }
    if (expr.op === "call" && expr.function === "len") {
      const [list] = expr.arguments
      const path = list === undefined ? undefined : pathOf(list)
      return path?.type?.kind === "list" ? lengthPath(path) : undefined
    }
    if (expr.op !== "member") return undefined
    const object = pathOf(expr.object)
    if (object === undefined) return undefined
    const record = object.type?.kind === "maybe" ? object.type.type : object.type
    const field = record?.kind === "record" ? record.fields[expr.field] : undefined
    const absent = object.type?.kind === "maybe" || field?.optional === true
    const type: Type | undefined = field === undefined ? undefined : absent && field.type.kind !== "maybe" ? { kind: "maybe", type: field.type } : field.type
    return { label: expr.field, key: `${object.key}.${expr.field}`, type, root: object.root }
  }
  const lengthPath = ({ label, key, root }: Path): Path => ({ label: `len(${label})`, key: `len:${key}`, type: { kind: "integer" }, root })

  /** Those that the value may be: a default stands for the path before it. */
  const pathsOf = (from: Expr): ReadonlyArray<Path> => {
    const expr = resolve(from)
    if (expr.op === "binary" && expr.operator === "??") return [...pathsOf(expr.left), ...pathsOf(expr.right)]
    return [pathOf(expr) ?? []].flat()
  }

  const comparedWith = (expr: Expr): ReadonlyArray<Value> => {
    const node = resolve(expr)
    if (node.op === "literal") return [node.value]
    const value = constantOf(node)
    if (typeof value === "number") return [value]
    return node.op === "list" ? node.items.flatMap(comparedWith) : []
  }
  for (const rule of ir.rules)
    for (const { guard } of rule.cases)
      if (guard !== undefined)
        walk(lets, guard.expr, (node) => {
          if (node.op !== "binary") return
          for (const [side, against] of [
            [node.left, node.right],
            [node.right, node.left],
          ] as const) {
            for (const { key } of pathsOf(side)) {
              const known = literals.get(key) ?? new Set<Value>()
              for (const value of comparedWith(against)) known.add(value)
              literals.set(key, known)
            }
          }
        })

  const domainOf = (key: string, type: Type | undefined): ReadonlyArray<Value> => {
    if (type?.kind === "enum") return type.values
    if (type?.kind === "boolean") return [false, true]
    if (type?.kind === "null") return [null]
    if (type?.kind === "maybe") return [...new Set<Value>([null, ...domainOf(key, type.type)])]
    const named = [...(literals.get(key) ?? [])]
    const numbers = named.filter((value) => typeof value === "number")
    if (type !== undefined && numeric.has(type.kind)) {
      const all = representatives(numbers.length === 0 ? [0] : numbers, type.kind === "integer")
      return key.startsWith("len:") ? all.filter((value) => value >= 0) : all
    }
    return [...named, other]
  }

  const readsOf = new WeakMap<Expr, ReadonlyArray<string>>()
  const reads = (expr: Expr): ReadonlyArray<string> => {
    const remembered = readsOf.get(expr)
    if (remembered !== undefined) return remembered
    const found = new Set<string>()
    walk(lets, expr, (node) => {
      if (node.op === "session") found.add(node.session)
      if (node.op === "human") found.add("human")
    })
    const sessions = [...found]
    readsOf.set(expr, sessions)
    return sessions
  }
  const has = (expr: Expr, test: (part: Expr) => boolean): boolean => {
    let found = false
    walk(lets, expr, (node) => (found ||= test(node)))
    return found
  }

  const answered = (atom: Atom, known: Known): Evaluated => {
    const value = known(atom)
    return value === undefined ? { ask: atom } : { value }
  }

  const scope: Scope = {
    session: () => undefined,
    input: () => undefined,
    fleet: () => undefined,
    human: () => undefined,
    let: (name) => lets.get(name),
    variable: () => undefined,
  }
  const opaqueAtoms = new WeakMap<Expr, Atom>()
  const opaqueAtom = (expr: Expr, prefix: "e" | "len", domain: ReadonlyArray<Value>): Atom => {
    const remembered = opaqueAtoms.get(expr)
    if (remembered !== undefined) return remembered
    const read = reads(expr)
    const label = prefix === "len" ? "the number of items" : read.length === 0 ? "its guard" : `the guard on ${read.join(" and ")}`
    const parts: Array<Expr> = []
    walk(lets, expr, (part) => parts.push(part))
    const atom = {
      parts,
      key: `${prefix}:${JSON.stringify(expr)}`,
      label,
      domain,
      reads: read,
      ofSession: has(expr, asksSession),
      fleeting: has(expr, isFleeting),
      isPath: false,
      opaque: expr,
    }
    opaqueAtoms.set(expr, atom)
    return atom
  }
  /** A condition that cannot be folded is a boolean of its own; one about nothing that a run brings is what it is. */
  const opaque = (expr: Expr, known: Known): Evaluated => {
    if (!has(expr, isUnknown)) return { value: evaluateConstant(expr, scope) === true }
    return answered(opaqueAtom(expr, "e", [false, true]), known)
  }

  const pathAtom = ({ key, label, type, root }: Path, more: ReadonlyArray<number> = []): Atom => ({
    key,
    label,
    domain: more.length === 0 ? domainOf(key, type) : [...new Set([...more, ...(literals.has(key) ? domainOf(key, type) : [])])],
    reads: root === undefined ? [] : [root],
    ofSession: false,
    isPath: root !== undefined && !key.startsWith("len:"),
    fleeting: false,
  })

  const operand = (from: Expr, known: Known): Evaluated | undefined => {
    const expr = resolve(from)
    if (expr.op === "literal") return { value: expr.value }
    const constant = constantOf(expr)
    if (typeof constant === "number") return { value: constant }
    if (expr.op === "binary" && expr.operator === "??") {
      const left = operand(expr.left, known)
      return left !== undefined && "value" in left && left.value === null ? operand(expr.right, known) : left
    }
    const path = pathOf(expr)
    if (path === undefined || path.type?.kind === "record" || path.type?.kind === "list") return undefined
    return answered(pathAtom(path), known)
  }
  /** A number is compared with literals only: which of two unknown numbers is the greater is not asked here. */
  const isNumber = (expr: Expr): boolean => {
    const kind = pathOf(expr)?.type?.kind
    return kind !== undefined && numeric.has(kind)
  }

  /** `told`: what conditions come to that were asked for before, since lets can multiply. */
  const evaluate = (guard: Expr, known: Known, told = new Map<Expr, Evaluated>()): Evaluated => {
    const expr = resolve(guard)
    if (expr === guard) return evaluated(expr, known, told)
    const found = told.get(expr) ?? evaluated(expr, known, told)
    told.set(expr, found)
    return found
  }
  const evaluated = (expr: Expr, known: Known, told: Map<Expr, Evaluated>): Evaluated => {
    if (expr.op === "not") {
      const inner = evaluate(expr.operand, known, told)
      return "ask" in inner ? inner : { value: inner.value !== true }
    }
    if (expr.op === "binary" && (expr.operator === "and" || expr.operator === "or")) {
      const left = evaluate(expr.left, known, told)
      if ("ask" in left) return left
      if ((left.value === true) === (expr.operator === "or")) return { value: expr.operator === "or" }
      return evaluate(expr.right, known, told)
    }
    if (expr.op === "binary" && (expr.operator === "==" || expr.operator === "!=")) {
      const left = operand(expr.left, known)
      const right = operand(expr.right, known)
      if (left === undefined || right === undefined || (isNumber(expr.left) && isNumber(expr.right))) return opaque(expr, known)
      if ("ask" in left) return left
      if ("ask" in right) return right
      if (left.value === other && right.value === other) return opaque(expr, known)
      return { value: (left.value === right.value) === (expr.operator === "==") }
    }
    if (expr.op === "binary" && ["<", "<=", ">", ">="].includes(expr.operator) && isNumber(expr.left) !== isNumber(expr.right)) {
      const left = operand(expr.left, known)
      const right = operand(expr.right, known)
      if (left === undefined || right === undefined) return opaque(expr, known)
      if ("ask" in left) return left
      if ("ask" in right) return right
      return typeof left.value === "number" && typeof right.value === "number"
        ? { value: compare(expr.operator, left.value, right.value) }
        : opaque(expr, known)
    }
    if (expr.op === "binary" && expr.operator === "in") {
      const left = operand(expr.left, known)
      const list = resolve(expr.right)
      if (left === undefined || list.op !== "list" || !list.items.every((item) => resolve(item).op === "literal")) return opaque(expr, known)
      return "ask" in left ? left : { value: comparedWith(list).includes(left.value) }
    }
    const isValue = expr.op === "literal" || pathsOf(expr).some(({ type }) => type?.kind === "boolean")
    const found = isValue ? operand(expr, known) : undefined
    return found ?? opaque(expr, known)
  }

  const lengthOf = (from: Expr, sizes: ReadonlyArray<number>, known: Known): Evaluated => {
    const expr = resolve(from)
    if (expr.op === "list") return { value: expr.items.length }
    const path = pathOf(expr)
    return answered(path === undefined ? opaqueAtom(expr, "len", sizes) : pathAtom(lengthPath(path), sizes), known)
  }

  return { evaluate: (guard, known) => evaluate(guard, known), lengthOf, reads, asksSessions: (expr) => has(expr, asksSession), lets }
}
