/** Every way in which an expression of an IR can be made wrong, one at a time. */
import { childrenOf, mapChildren } from "#ir/children.ts"
import type { Expr, Expression, Ir } from "#ir"

export interface Mutant {
  /** JSON pointer of the expression */
  readonly path: string
  readonly what: string
  readonly ir: Ir
}

const literal = (kind: "integer" | "string" | "boolean" | "null", value: string | number | boolean | null): Expr => ({ op: "literal", kind, value })
const nobody = "nobody-at-all"
/** Fits nowhere but where a list may stand. */
const list: Expr = { op: "list", items: [{ op: "record", entries: [] }] }
const truth = literal("boolean", true)

/** What is wrong wherever it stands, for one node. `bare`: a session that declares no output. */
const wrongs = (expr: Expr, bare: string, isClosed: (expr: Expr) => boolean): ReadonlyArray<readonly [what: string, Expr]> => {
  switch (expr.op) {
    case "literal":
      return [
        ["a literal of another kind", { ...expr, value: typeof expr.value === "string" ? 5 : "five" }],
        ["a literal that is a fraction of a whole number", { ...expr, kind: "integer", value: 1.5 }],
      ]
    case "regex":
      return ["(", "(?=x)", "(a)\\1", "[z-a]"].map((source) => [`the pattern ${source}`, { ...expr, source }])
    case "template":
      return expr.parts.flatMap((part, at) =>
        typeof part === "string"
          ? []
          : [
              ["a list in a text", { ...expr, parts: expr.parts.with(at, list) }],
              ["nothing in a text", { ...expr, parts: expr.parts.with(at, literal("null", null)) }],
            ],
      )
    case "session":
      return [
        ["a session that is not there", { ...expr, session: nobody }],
        ["an output that nobody declared", { ...expr, session: bare, property: "output" }],
      ]
    case "input":
    case "let":
    case "variable":
      return [["a name that is not there", { ...expr, name: nobody }]]
    case "member":
      return isClosed(expr.object) ? [["a field that is not there", { ...expr, field: nobody }]] : []
    case "index":
      return [["an index that is none", { ...expr, index: truth }]]
    case "not":
    case "negate":
      return [["an operand of another type", { ...expr, operand: list }]]
    case "call":
      return [
        ["too many arguments", { ...expr, arguments: [...expr.arguments, truth, truth, truth] }],
        ["no arguments", { ...expr, arguments: [] }],
        ...(expr.function === "json" || expr.function === "default" ? [] : ([["an argument of another type", { ...expr, arguments: [truth] }]] as const)),
      ]
    case "binary":
      return [
        ["an operand of another type", { ...expr, left: expr.operator === "in" ? { op: "list", items: [list] } : list }],
        ...(expr.operator === "==" || expr.operator === "!=" || expr.operator === "??"
          ? ([["sides that have nothing in common", { ...expr, right: { op: "record", entries: [] } }]] as const)
          : ([["the other operand of another type", { ...expr, right: expr.operator === "and" || expr.operator === "or" ? list : truth }]] as const)),
        ["a division by nothing", { ...expr, operator: "/", left: literal("integer", 1), right: literal("integer", 0) }],
      ]
    default:
      return []
  }
}

/** The expression with one node of it replaced, for every node and everything that can be wrong with it. */
const changesOf = (expr: Expr, bare: string, isClosed: (expr: Expr) => boolean): ReadonlyArray<readonly [what: string, Expr]> => [
  ...wrongs(expr, bare, isClosed),
  ...childrenOf(expr).flatMap((_, at) => {
    const child = childrenOf(expr)[at]
    return child === undefined
      ? []
      : changesOf(child, bare, isClosed).map(([what, changed]) => {
          let next = 0
          return [what, mapChildren(expr, (each) => (next++ === at ? changed : each))] as const
        })
  }),
]

const isExpression = (value: object): value is Expression => "expr" in value && "type" in value

/** Every expression of an IR, by its JSON pointer. */
const expressionsIn = (value: unknown, path: string): ReadonlyArray<readonly [path: string, Expression]> => {
  if (typeof value !== "object" || value === null) return []
  if (isExpression(value)) return [[path, value]]
  return Object.entries(value).flatMap(([key, inner]) => expressionsIn(inner, `${path}/${key}`))
}

const replaced = (ir: Ir, path: string, expression: Expression): Ir => {
  const copy: Ir = structuredClone(ir)
  const keys = path.split("/").slice(1)
  const owner = keys.slice(0, -1).reduce<unknown>((at, key) => (typeof at === "object" && at !== null ? Reflect.get(at, key) : undefined), copy)
  if (typeof owner !== "object" || owner === null) throw new Error(`there is nothing at ${path}`)
  Reflect.set(owner, keys.at(-1) ?? "", expression)
  return copy
}

const rootsOf = (path: string): ReadonlyArray<readonly [what: string, Expr]> => {
  if (path.endsWith("/guard")) return [["a guard that is a text", literal("string", "yes")]]
  if (path.endsWith("/list")) return [["a list that is none", truth]]
  if (/\/(?:prompt|text|reason|task)$/.test(path))
    return [
      ["a text that is a list", list],
      ["a text that is nothing", literal("null", null)],
    ]
  return []
}

export const mutantsOf = (ir: Ir, bare: string): ReadonlyArray<Mutant> => {
  const closed = new Set(ir.sessions.flatMap(({ id, output }) => (output?.type.kind === "record" && !output.type.open ? [id] : [])))
  const isClosed = (expr: Expr): boolean => expr.op === "session" && expr.property === "output" && closed.has(expr.session)
  return expressionsIn(ir, "").flatMap(([path, expression]) => [
    ...[...rootsOf(path), ...changesOf(expression.expr, bare, isClosed)].map(([what, expr]) => ({
      path,
      what,
      ir: replaced(ir, path, { ...expression, expr }),
    })),
    { path, what: "another type claimed", ir: replaced(ir, path, { ...expression, type: { kind: "record", open: false, fields: {} } }) },
  ])
}
