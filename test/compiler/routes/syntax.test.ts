import { describe, expect, it } from "vitest"
import { parseDuration, parseExpression, parseRoutes, parseTemplate, type Expr, type Template } from "../../../compiler/routes/index.ts"
import { bare, identity } from "./parsing.ts"

/** An expression with every grouping shown. */
const shown = (expr: Expr): string => {
  switch (expr.kind) {
    case "binary":
      return `(${shown(expr.left)} ${expr.op} ${shown(expr.right)})`
    case "unary":
      return `(${expr.op} ${shown(expr.operand)})`
    case "field":
      return `${shown(expr.target)}${expr.optional ? "?." : "."}${expr.name.text}`
    case "index":
      return `${shown(expr.target)}[${shown(expr.index)}]`
    case "call":
      return `${expr.callee.text}(${expr.args.map(shown).join(", ")})`
    case "name":
      return expr.name.text
    case "regex":
      return `/${expr.source}/`
    case "template":
      return JSON.stringify(bare(expr.parts))
    case "list":
      return `[${expr.items.map(shown).join(", ")}]`
    case "record":
      return `{${expr.entries.map(({ key, value }) => `${key.text}: ${shown(value)}`).join(", ")}}`
    case "null":
      return "null"
    case "boolean":
      return String(expr.value)
    default:
      return expr.text
  }
}

it.each([
  ["a ?? b or c and not d == e + f * -g.h", "(a ?? (b or (c and (not (d == (e + (f * (- g.h))))))))"],
  ["a - b - c", "((a - b) - c)"],
  ["a / b / c", "((a / b) / c)"],
  ["a.text matches /x\\/y/ and b / c == 1", "((a.text matches /x\\/y/) and ((b / c) == 1))"],
  ["a?.b[0].max", "a?.b[0].max"],
  ["max(len(x), $1.50, 80%, 5m) in [1, 2.5]", "(max(len(x), $1.50, 80%, 5m) in [1, 2.5])"],
  ["x % 3", "(x % 3)"],
  ['{ on: 1, "a b": null, when: true }', "{on: 1, a b: null, when: true}"],
  ["two-words.output.x - 1", "(two-words.output.x - 1)"],
])("%s", (source, grouping) => {
  const { value, diagnostics } = parseExpression(source, identity, "f")
  expect(diagnostics).toEqual([])
  expect(value && shown(value)).toBe(grouping)
})

const textOf = (template: Template | undefined): ReadonlyArray<string> =>
  template?.parts.map((part) => (part.kind === "text" ? part.text : `<${shown(part.value)}>`)) ?? []

describe("texts", () => {
  const quoted: ReadonlyArray<readonly [source: string, ...parts: Array<string>]> = [
    ['""'],
    ['"a ${b ?? "none"} c"', "a ", '<(b ?? [{"kind":"text","text":"none"}])>', " c"],
    ['"${ { a: {} } }"', "<{a: {}}>"],
    ['"\\"\\\\\\n\\${x} $ $$ \\u{1f600}\\u00e9"', '"\\\n${x} $ $$ 😀é'],
    ['"""\n    one\n      two\n\n    ${x}\n    """', "one\n  two\n\n", "<x>"],
    ['"""one\n two"""', "one\n two"],
    ['"""\n  a "quoted" word\n"""', '  a "quoted" word'],
    ['""""""'],
  ]
  it.each(quoted)("%j", (source, ...parts) => {
    const { value, diagnostics } = parseExpression(source, identity, "f")
    expect(diagnostics).toEqual([])
    expect(value?.kind === "template" && textOf(value)).toEqual(parts)
  })
  it("without quotes keep their backslashes", () => {
    const { value, diagnostics } = parseTemplate('C:\\new "${inputs.feature}" \\${x}', identity, "f")
    expect(diagnostics).toEqual([])
    expect(textOf(value)).toEqual(['C:\\new "', "<inputs.feature>", '" ${x}'])
  })
})

describe("rules", () => {
  const one = (source: string): unknown => {
    const { program, diagnostics } = parseRoutes(source, identity, "f")
    expect(diagnostics).toEqual([])
    expect(program.statements).toHaveLength(1)
    return bare(program.statements[0])
  }
  it("an unknown event is the names stage's business", () => {
    expect(one("on coder.dnoe -> a")).toMatchObject({ triggers: [{ join: { subject: { text: "coder" }, event: { text: "dnoe" } } }] })
  })
  it("modifiers come in any order, and `then` takes what follows", () => {
    expect(one("on a.done -> b fresh max 2 then c max 1 priority 3")).toMatchObject({
      cases: [
        {
          action: {
            kind: "send",
            modifiers: {
              fresh: {},
              max: { count: { value: 2 }, then: { kind: "send", modifiers: { max: { count: { value: 1 } }, priority: { count: { value: 3 } } } } },
            },
          },
        },
      ],
    })
  })
  it("a late trigger has an action of its own, before the cases", () => {
    expect(one("on all(a.done, 2 of (b.done, c.done)) within 5m otherwise -> use p { when x -> c otherwise -> complete }")).toMatchObject({
      form: "cases",
      triggers: [
        { join: { kind: "all", members: [{}, { kind: "count", count: { value: 2 } }] }, within: { duration: { ms: 300_000 }, otherwise: { kind: "use" } } },
      ],
      cases: [{ guard: { kind: "name" } }, { action: { kind: "complete" } }],
    })
  })
  it("several rules may share a line, and comments are kept", () => {
    const { program } = parseRoutes("on a.done -> b on b.done -> c # why\n#fleet-ignore x: y", identity, "f")
    expect(program.statements).toHaveLength(2)
    expect(program.comments.map((comment) => comment.text)).toEqual([" why", "fleet-ignore x: y"])
  })
  it("words of the language may be names where nothing else can stand", () => {
    expect(one("let max = a.output.on ?? a.when")).toMatchObject({ name: { text: "max" } })
    expect(one('on a.done -> for each in a.output.all -> b with "${each}"')).toMatchObject({ cases: [{ action: { variable: { text: "each" } } }] })
  })
})

it.each([
  ["30s", 30_000],
  ["100ms", 100],
  ["1.5h", 5_400_000],
  ["1d", 86_400_000],
  ["5", undefined],
  ["5min", undefined],
])("duration %s", (written, ms) => {
  expect(parseDuration(written)).toBe(ms)
})
