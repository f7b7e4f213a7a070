/**
 * Guards as choices of the environment. What a session put out is not known before a run; what guards ask about it is collected as
 * *atoms*: an enum or boolean path of an output, or a whole comparison that cannot be folded. Two guards that ask for one atom get one answer.
 */
import type { Expr, Ir, Type } from "../../ir/model.ts"

export type Value = null | boolean | number | string

export interface Atom {
  readonly key: string
  readonly label: string
  readonly domain: ReadonlyArray<Value>
  /** Sessions whose next end makes the answer stale. */
  readonly reads: ReadonlyArray<string>
}

export type Answers = ReadonlyMap<string, Value>
export type Evaluated = { readonly value: Value } | { readonly ask: Atom }

/** A value of a path that none of the literals names. */
const other = "\u0000other"

const parts = (expr: Expr): ReadonlyArray<Expr> => {
  switch (expr.op) {
    case "template":
      return expr.parts.filter((part) => typeof part !== "string")
    case "list":
      return expr.items
    case "record":
      return expr.entries.map(({ value }) => value)
    case "member":
      return [expr.object]
    case "index":
      return [expr.object, expr.index]
    case "not":
    case "negate":
      return [expr.operand]
    case "binary":
      return [expr.left, expr.right]
    case "call":
      return expr.arguments
    default:
      return []
  }
}

/** Every node of a tree, `let`s looked up. */
const walk = (lets: ReadonlyMap<string, Expr>, expr: Expr, visit: (node: Expr) => void): void => {
  visit(expr)
  const inlined = expr.op === "let" ? lets.get(expr.name) : undefined
  if (inlined !== undefined) walk(lets, inlined, visit)
  for (const part of parts(expr)) walk(lets, part, visit)
}

export interface Guards {
  readonly evaluate: (guard: Expr, answers: Answers) => Evaluated
  /** Sessions that an expression reads. */
  readonly reads: (expr: Expr) => ReadonlyArray<string>
}

/** Prepares the guards of a fleet: the domain of each path is its enum, or the literals it is compared with and one more. */
export const readGuards = (ir: Pick<Ir, "sessions" | "inputs" | "lets" | "rules">): Guards => {
  const lets = new Map(ir.lets.map(({ name, value }) => [name, value.expr]))
  const outputs = new Map(ir.sessions.map(({ id, output }) => [id, output?.type]))
  const inputs = new Map(ir.inputs.map(({ name, type }) => [name, type]))
  const literals = new Map<string, Set<Value>>()

  const resolve = (expr: Expr): Expr => {
    const inlined = expr.op === "let" ? lets.get(expr.name) : undefined
    return inlined === undefined ? expr : resolve(inlined)
  }

  const pathOf = (
    from: Expr,
  ): { readonly label: string; readonly type: Type | undefined; readonly key: string; readonly root: string | undefined } | undefined => {
    const expr = resolve(from)
    if (expr.op === "session" && expr.property === "output")
      return { label: `${expr.session}.output`, key: `s:${expr.session}`, type: outputs.get(expr.session), root: expr.session }
    if (expr.op === "input") return { label: `inputs.${expr.name}`, key: `i:${expr.name}`, type: inputs.get(expr.name), root: undefined }
    if (expr.op !== "member") return undefined
    const object = pathOf(expr.object)
    if (object === undefined) return undefined
    const record = object.type?.kind === "maybe" ? object.type.type : object.type
    const field = record?.kind === "record" ? record.fields[expr.field] : undefined
    const absent = object.type?.kind === "maybe" || field?.optional === true
    const type: Type | undefined = field === undefined ? undefined : absent && field.type.kind !== "maybe" ? { kind: "maybe", type: field.type } : field.type
    return { label: expr.field, key: `${object.key}.${expr.field}`, type, root: object.root }
  }

  const comparedWith = (expr: Expr): ReadonlyArray<Value> => {
    const node = resolve(expr)
    if (node.op === "literal") return [node.value]
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
            const path = pathOf(side)
            if (path === undefined) continue
            const known = literals.get(path.key) ?? new Set<Value>()
            for (const value of comparedWith(against)) known.add(value)
            literals.set(path.key, known)
          }
        })

  const domainOf = (key: string, type: Type | undefined): ReadonlyArray<Value> => {
    if (type?.kind === "enum") return type.values
    if (type?.kind === "boolean") return [false, true]
    if (type?.kind === "null") return [null]
    if (type?.kind === "maybe") return [...new Set<Value>([null, ...domainOf(key, type.type)])]
    return [...(literals.get(key) ?? []), other]
  }

  const readsOf = new WeakMap<Expr, ReadonlyArray<string>>()
  const reads = (expr: Expr): ReadonlyArray<string> => {
    const remembered = readsOf.get(expr)
    if (remembered !== undefined) return remembered
    const found = new Set<string>()
    walk(lets, expr, (node) => {
      if (node.op === "session") found.add(node.session)
    })
    const sessions = [...found]
    readsOf.set(expr, sessions)
    return sessions
  }

  const answered = (atom: Atom, answers: Answers): Evaluated => {
    const value = answers.get(atom.key)
    return value === undefined ? { ask: atom } : { value }
  }

  /** A condition that cannot be folded is a boolean of its own. */
  const opaque = (expr: Expr, answers: Answers): Evaluated =>
    answered({ key: `e:${JSON.stringify(expr)}`, label: "its guard", domain: [false, true], reads: reads(expr) }, answers)

  const operand = (from: Expr, answers: Answers): Evaluated | undefined => {
    const expr = resolve(from)
    if (expr.op === "literal") return { value: expr.value }
    const path = pathOf(expr)
    if (path === undefined || path.type?.kind === "record" || path.type?.kind === "list") return undefined
    return answered({ key: path.key, label: path.label, domain: domainOf(path.key, path.type), reads: path.root === undefined ? [] : [path.root] }, answers)
  }

  const evaluate = (guard: Expr, answers: Answers): Evaluated => {
    const expr = resolve(guard)
    if (expr.op === "not") {
      const inner = evaluate(expr.operand, answers)
      return "ask" in inner ? inner : { value: inner.value !== true }
    }
    if (expr.op === "binary" && (expr.operator === "and" || expr.operator === "or")) {
      const left = evaluate(expr.left, answers)
      if ("ask" in left) return left
      if ((left.value === true) === (expr.operator === "or")) return { value: expr.operator === "or" }
      return evaluate(expr.right, answers)
    }
    if (expr.op === "binary" && (expr.operator === "==" || expr.operator === "!=")) {
      const left = operand(expr.left, answers)
      const right = operand(expr.right, answers)
      if (left === undefined || right === undefined) return opaque(expr, answers)
      if ("ask" in left) return left
      if ("ask" in right) return right
      if (left.value === other && right.value === other) return opaque(expr, answers)
      return { value: (left.value === right.value) === (expr.operator === "==") }
    }
    if (expr.op === "binary" && expr.operator === "in") {
      const left = operand(expr.left, answers)
      const list = resolve(expr.right)
      if (left === undefined || list.op !== "list" || !list.items.every((item) => resolve(item).op === "literal")) return opaque(expr, answers)
      return "ask" in left ? left : { value: comparedWith(list).includes(left.value) }
    }
    const known = expr.op === "literal" || pathOf(expr)?.type?.kind === "boolean" ? operand(expr, answers) : undefined
    return known ?? opaque(expr, answers)
  }

  return { evaluate, reads }
}
