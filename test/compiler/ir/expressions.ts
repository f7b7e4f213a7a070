/** Expressions of the tests as they are written, over a small fleet: two sessions, inputs of every type. */
import { evaluateExpression, infer, type Evaluated, type Expr, type Inferred, type Json, type Scope, type Type, type TypeEnv } from "#ir"
import { ExpressionResolver } from "../../../compiler/check/resolve-expression.ts"
import { parseExpression } from "../../../compiler/routes/index.ts"

const string: Type = { kind: "string" }
const verdicts: Type = { kind: "enum", values: ["approve", "changes"] }

/** What `inputs.<name>` is, and one value of it. `gone` is absent, `nothing` may be. */
export const inputs: { readonly [name: string]: { readonly type: Type; readonly value: Json | undefined } } = {
  text: { type: string, value: "Ab c" },
  empty: { type: string, value: "" },
  verdict: { type: verdicts, value: "changes" },
  whole: { type: { kind: "integer" }, value: 7 },
  real: { type: { kind: "number" }, value: -2.5 },
  yes: { type: { kind: "boolean" }, value: true },
  no: { type: { kind: "boolean" }, value: false },
  wait: { type: { kind: "duration" }, value: 90_000 },
  price: { type: { kind: "money" }, value: 1.5 },
  any: { type: { kind: "json" }, value: { a: [1, "x", null] } },
  numbers: { type: { kind: "list", item: { kind: "integer" } }, value: [3, 1, 2, 3] },
  texts: { type: { kind: "list", item: string }, value: ["b", "a", "b"] },
  none: { type: { kind: "list", item: string }, value: [] },
  times: { type: { kind: "list", item: { kind: "duration" } }, value: [60_000, 30_000] },
  maybe: { type: { kind: "maybe", type: string }, value: "there" },
  gone: { type: { kind: "maybe", type: { kind: "integer" } }, value: null },
  record: {
    type: {
      kind: "record",
      open: false,
      fields: {
        name: { type: string, optional: false },
        size: { type: { kind: "integer" }, optional: true },
        tags: { type: { kind: "list", item: string }, optional: false },
      },
    },
    value: { name: "r", tags: ["t", "u"] },
  },
}

const output: Type = { kind: "record", open: false, fields: { verdict: { type: verdicts, optional: false }, notes: { type: string, optional: true } } }

/** `sure` has certainly finished, `unsure` may not have. */
export const env: TypeEnv = {
  output: () => output,
  input: (name) => inputs[name]?.type,
  let: (name) => (name === "half" ? { kind: "number" } : undefined),
  variable: (name) => (name === "item" ? string : undefined),
  certain: (session) => session === "sure",
  failed: () => false,
}

export const scope: Scope = {
  session: (session, property) =>
    property === "cost"
      ? 0.25
      : property === "turns"
        ? 3
        : property === "output" && session === "sure"
          ? { verdict: "approve" }
          : property === "text"
            ? `${session} said`
            : undefined,
  input: (name) => inputs[name]?.value,
  fleet: (property) => ({ task: "the task", cost: 2, elapsed: 5000 })[property],
  human: () => undefined,
  let: (name) => (name === "half" ? read("1 / 2") : undefined),
  variable: (name) => (name === "item" ? "an item" : undefined),
  declared: (read) => (read.op === "input" ? inputs[read.name]?.type : read.op === "session" && read.property === "output" ? output : undefined),
}

/** The tree of an expression; throws when it cannot be read. */
export const read = (text: string): Expr => {
  const parsed = parseExpression(text, (offset) => offset, "test")
  const lets = new Map()
  const symbols = {
    sessions: new Set(["sure", "unsure"]),
    instances: new Set<string>(),
    gates: new Map(),
    inputs: new Set(Object.keys(inputs)),
    lets,
    lost: new Set<string>(),
    plugins: new Set<string>(),
  }
  const resolver = new ExpressionResolver(new Map(), new Map())
  const resolved = parsed.value && resolver.resolve(parsed.value, { symbols, variables: new Map([["item", undefined]]), lets: new Set(["half"]) })
  const [problem] = [...parsed.diagnostics, ...resolver.problems]
  if (resolved === undefined || problem !== undefined) throw new Error(`${text}: ${problem?.message ?? "no expression"}`)
  return resolved
}

export const evaluated = (text: string): Evaluated => evaluateExpression(read(text), scope)
export const inferred = (text: string): Inferred => infer(read(text), env)
