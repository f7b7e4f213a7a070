import fc from "fast-check"
import { expect, it } from "vitest"
import type { Expr } from "../../../compiler/routes/index.ts"
import { parseExpression, parseRoutes, parseType, printExpr, printProgram, printType } from "../../../compiler/routes/index.ts"
import { bare, identity } from "./parsing.ts"

type Plain = { readonly [key: string]: unknown }

const plainName = fc.constantFrom("a", "lead", "x_1", "two-words", "max", "fleet", "on1", "_")
const named = (text: string): Plain => ({ text })
const characters = fc.constantFrom("a", "é", "😀", '"', "\\", "$", "{", "}", "${", "\n", " ", "\t", "#", "'", "\r", "\u0000")
const text = fc.array(characters, { minLength: 1, maxLength: 8 }).map((all) => all.join(""))

const templateOf = (value: fc.Arbitrary<Plain>, quotes: fc.Arbitrary<string>): fc.Arbitrary<Plain> =>
  fc
    .record({
      kind: fc.constant("template"),
      parts: fc.array(
        fc.oneof(
          text.map((one) => ({ kind: "text", text: one })),
          value.map((hole) => ({ kind: "hole", value: hole })),
        ),
        { maxLength: 4 },
      ),
      quotes,
    })
    .map((template) => ({ ...template, parts: template.parts.filter((part, index, all) => part.kind !== "text" || all[index - 1]?.kind !== "text") }))

const literal: fc.Arbitrary<Plain> = fc.oneof(
  fc.constantFrom<Plain>(
    { kind: "null" },
    { kind: "boolean", value: true },
    { kind: "duration", text: "1.5h", ms: 5_400_000 },
    { kind: "money", text: "$1.50", usd: 1.5 },
    { kind: "percent", text: "80%", value: 80 },
    { kind: "regex", source: 'a"[/}]\\/b' },
    { kind: "number", text: "3.0", value: 3, integer: false },
  ),
  fc.nat().map((value) => ({ kind: "number", text: String(value), value, integer: true })),
)

const { expression } = fc.letrec<{ expression: Plain; inHole: Plain }>((tie) => ({
  inHole: fc.oneof(
    plainName.map((name) => ({ kind: "name", name: named(name) })),
    literal,
  ),
  expression: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    plainName.map((name) => ({ kind: "name", name: named(name) })),
    literal,
    templateOf(tie("inHole"), fc.constantFrom("single-line", "multi-line")),
    fc.record({ kind: fc.constant("list"), items: fc.array(tie("expression"), { maxLength: 3 }) }),
    fc.record({
      kind: fc.constant("record"),
      entries: fc.array(fc.record({ key: fc.oneof(plainName, text).map(named), value: tie("expression") }), { maxLength: 2 }),
    }),
    fc.record({ kind: fc.constant("field"), target: tie("expression"), name: plainName.map(named), optional: fc.boolean() }),
    fc.record({ kind: fc.constant("index"), target: tie("expression"), index: tie("expression") }),
    fc.record({ kind: fc.constant("call"), callee: plainName.map(named), args: fc.array(tie("expression"), { maxLength: 2 }) }),
    fc.record({ kind: fc.constant("unary"), op: fc.constantFrom("not", "-"), operand: tie("expression") }),
    fc.record({
      kind: fc.constant("binary"),
      left: tie("expression"),
      right: tie("expression"),
      op: fc.constantFrom("??", "or", "and", "==", "!=", "<", "<=", ">", ">=", "in", "matches", "+", "-", "*", "/", "%"),
    }),
  ),
}))

const sorted = (tree: unknown): unknown =>
  JSON.parse(
    JSON.stringify(tree, (_, value: unknown) =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
        : value,
    ),
  )

it("an expression survives printing and parsing", () => {
  fc.assert(
    fc.property(expression, fc.constantFrom("", "    "), (tree, indent) => {
      const printed = printExpr(tree as unknown as Expr, indent)
      const { value, diagnostics } = parseExpression(printed, identity, "f")
      expect(diagnostics, printed).toEqual([])
      expect(sorted(bare(value)), printed).toEqual(sorted(tree))
    }),
    { numRuns: 500 },
  )
})

const guard = expression.map((tree) => printExpr(tree as unknown as Expr, ""))
const quoted = templateOf(
  plainName.map((name) => ({ kind: "name", name: named(name) })),
  fc.constantFrom("single-line", "multi-line"),
).map((tree) => printExpr(tree as unknown as Expr, ""))
const session = fc.constantFrom("a", "b-c", "2nd", "7", "30s")
const { action, join } = fc.letrec<{ action: string; join: string; modifiers: string }>((tie) => ({
  modifiers: fc
    .tuple(
      fc.shuffledSubarray(["by subtask", "after 5m", "fresh", "priority 3"]),
      fc.option(quoted),
      fc.option(
        fc.oneof(
          fc.constant(""),
          tie("action").map((then) => ` then ${then}`),
        ),
      ),
    )
    .map(([some, text, then]) =>
      [...(text === null ? [] : [`with ${text}`]), ...some, ...(then === null ? [] : [`max 3${then}`])].map((one) => ` ${one}`).join(""),
    ),
  action: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(
      "complete",
      "select",
      "select from [a, b]",
      "cancel a",
      "cancel others",
      "cancel fleet",
      "undo a",
      "pause",
      "use router",
      'use "x/y" { on: 1 }',
      "retry a after 1m max 2",
    ),
    fc.tuple(session, tie("modifiers")).map(([to, more]) => to + more),
    fc.tuple(session, session, tie("modifiers")).map(([one, other, more]) => `[${one}, ${other}]${more}`),
    fc.tuple(guard, fc.constantFrom("", " limit 2"), tie("modifiers")).map(([list, limit, more]) => `for t in ${list} -> a${limit}${more}`),
    fc.tuple(fc.constantFrom("gate g", "fail", "notify", "pause"), quoted).map(([word, text]) => `${word} ${text}`),
    quoted.map((text) => `gate g ${text} within 24h`),
    fc.array(tie("action"), { minLength: 1, maxLength: 3 }).map((all) => `{ ${all.join(" ; ")} }`),
  ),
  join: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(
      "a.done",
      "a.failed(timeout, rate_limit)",
      "a.idle(5m)",
      "g.approved",
      "human.selected",
      "fleet.started",
      "budget.reached(80%)",
      "every(10m)",
      "each(a.done)",
      "7.done",
    ),
    fc
      .tuple(fc.constantFrom("all(", "any(", "race(", "2 of ("), fc.array(tie("join"), { minLength: 1, maxLength: 3 }))
      .map(([open, all]) => `${open}${all.join(", ")})`),
    fc.array(tie("join"), { minLength: 1, maxLength: 3 }).map((all) => `[${all.join(", ")}]`),
  ),
}))
const trigger = fc.tuple(join, fc.option(action)).map(([on, late]) => (late === null ? on : `${on} within 5m otherwise -> ${late}`))
const rule = fc
  .tuple(
    fc.array(trigger, { minLength: 1, maxLength: 2 }),
    fc.oneof(
      action.map((does) => `-> ${does}`),
      fc.tuple(guard, action).map(([when, does]) => `when ${when} -> ${does}`),
      fc
        .array(fc.tuple(guard, action), { minLength: 1, maxLength: 2 })
        .map((cases) => `{ ${cases.map(([when, does]) => `when ${when} -> ${does}`).join("\n")} otherwise -> complete }`),
    ),
  )
  .map(([triggers, rest]) => `on ${triggers.join(", ")} ${rest}`)
const statement = fc.oneof(
  rule,
  guard.map((value) => `let n = ${value}`),
)

it("a program survives printing and parsing", () => {
  fc.assert(
    fc.property(fc.array(statement, { minLength: 1, maxLength: 3 }), (statements) => {
      const first = parseRoutes(statements.join("\n"), identity, "f")
      expect(first.diagnostics, statements.join("\n")).toEqual([])
      expect(first.program.statements).toHaveLength(statements.length)
      const printed = printProgram(first.program)
      const second = parseRoutes(printed, identity, "f")
      expect(second.diagnostics, printed).toEqual([])
      expect(bare(second.program.statements), printed).toEqual(bare(first.program.statements))
      expect(printProgram(second.program)).toBe(printed)
    }),
    { numRuns: 300 },
  )
})

it.each(["string", "approve | changes", '"one"', "[string?]", "{ a: T, b: [x | y]?, max: { on: integer } }", '"string" | "a b" | retry', "{}"])(
  "type %s",
  (source) => {
    const { value, diagnostics } = parseType(source, identity, "f")
    expect(diagnostics).toEqual([])
    expect(bare(parseType(printType(value!), identity, "f").value)).toEqual(bare(value))
  },
)

it("any text is read without a crash, and every problem lies inside it", () => {
  const pieces = fc.constantFrom(
    "on ",
    "let ",
    "a",
    ".done",
    " -> ",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    '"',
    '"""',
    "${",
    "/",
    "when ",
    "otherwise",
    "max 1",
    "\n",
    "#",
    "\\",
    "5m",
    ",",
    ";",
    "@",
    "é",
    " ",
    "??",
    "?.",
    "|",
    ":",
    "=",
  )
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 30 }), (all) => {
      const source = all.join("")
      for (const { span } of parseRoutes(source, identity, "f").diagnostics) {
        expect(span.start).toBeGreaterThanOrEqual(0)
        expect(span.end).toBeGreaterThan(span.start)
        expect(span.end).toBeLessThanOrEqual(source.length)
      }
    }),
    { numRuns: 1000 },
  )
})
