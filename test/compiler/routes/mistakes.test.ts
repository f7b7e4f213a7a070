import { describe, expect, it } from "vitest"
import { parseExpression, parseRoutes, parseType } from "../../../compiler/routes/index.ts"
import { identity, problemsOf, told } from "./parsing.ts"

describe("one mistake gives one message at the offending text", () => {
  const table: ReadonlyArray<readonly [source: string, ...told: Array<string>]> = [
    ['on coder.done -> "x"', 'dsl-syntax @ "x"'],
    ["on all coder.done -> a", "dsl-syntax @ coder"],
    ["on a.done -> b c\non b.done -> d", "dsl-syntax @ c"],
    ["on a.done when x = 1 -> b", "dsl-syntax @ ="],
    ["on a.done when x && y -> b", "dsl-syntax @ &&"],
    ["coder.done -> b", "dsl-syntax @ coder"],
    ["on a -> b", "dsl-syntax @ ->"],
    ["on a.done, -> b", "dsl-syntax @ ->"],
    ["on a.done { }", "dsl-syntax @ }"],
    ["on", "dsl-syntax @ on"],
    ["let x = 1 +", "dsl-syntax @ +"],
    ["on a.idle -> b", "dsl-syntax @ a.idle"],
    ["on a.done(5m) -> b", "dsl-syntax @ 5m"],
    ["on budget.reached(5m) -> b", "dsl-syntax @ budget.reached(5m)"],
    ["on a.done -> b max 1 fresh max 2", "dsl-syntax @ max 2"],
    ["on a.done -> retry b limit 2", "dsl-syntax @ limit 2"],
    ["on a.done -> for t in a.output -> b with t", "dsl-syntax @ t"],
    ["on a.done => b", "dsl-syntax @ ="],
    ["on a.done -> b limit 2", "dsl-syntax @ limit 2"],
    ["on a.done -> for t in a.output -> b max 2 then c limit 2", "dsl-syntax @ limit 2"],
    ["on a.done within 5min otherwise -> b -> c", "dsl-syntax @ 5min"],
    ['on a.done -> b with "${x +}"', "dsl-syntax @ +"],
    ['on a.done -> b with "a ${ }"', "dsl-syntax @ ${ }"],
    ['on a.done -> b with "\\d"', "dsl-syntax @ \\d"],
    ['on a.done -> b with "abc\non b.done -> c', 'unterminated-text @ "abc'],
    ['on a.done -> b with """ foo\n bar\non c.done -> x', 'unterminated-text @ """ foo'],
    ['on a.done -> b with "${x" max 1', 'unterminated-text @ "${x" max 1'],
    ["on a.done when a.text matches /x -> b", "unterminated-text @ /x -> b"],
    ["on a.done when a.text matches /(a+)+/ -> b", "unsafe-regex @ (a+)+"],
    ["on a.done when a.text matches /(a)\\1/ -> b", "unsafe-regex @ \\1"],
    ["on a.done when a.text matches /(?<!a)b/ -> b", "unsafe-regex @ (?<!"],
    ["on a.done when a.text matches /(a|ab)*/ -> b", "unsafe-regex @ (a|ab)*"],
    ["on a.done when a.text matches /a(b/ -> b", "dsl-syntax @ ("],
  ]
  it.each(table)("%j", (source, ...expected) => {
    expect(problemsOf(source)).toEqual(expected)
  })
})

describe("recovery", () => {
  it("takes up again at the next rule", () => {
    const source = 'on a.done -> "x"\nlet y = )\non b.done ->\non c.done -> d with """\n unclosed\non d.done -> e\nlet z = 1'
    const { program, diagnostics } = parseRoutes(source, identity, "f")
    expect(told(source, diagnostics)).toEqual(['dsl-syntax @ "x"', "dsl-syntax @ )", "dsl-syntax @ ->", 'unterminated-text @ """'])
    expect(program.statements.map((one) => one.kind)).toEqual(["rule", "let"])
  })
  it.each<readonly [source: string, problems: ReadonlyArray<string>, read: number]>([
    ["on a.done -> b\nb.done -> c\non c.done -> d", ["dsl-syntax @ b"], 3],
    ["on a.done -> b c\nb.done -> d\non c.done -> e", ["dsl-syntax @ c", "dsl-syntax @ b"], 2],
    ["on a.done ->\nb.done -> d", ["dsl-syntax @ b", "dsl-syntax @ ->"], 1],
    ["on all(a.done, b.done -> c\nb.failed(timeout) -> d", ["dsl-syntax @ b", "dsl-syntax @ ->"], 1],
    ['on a.done -> b with "x\nall(b.done, c.done) -> d', ["dsl-syntax @ all", 'unterminated-text @ "x'], 1],
    ["on a.done {\n  when x -> b\nb.done -> c", ["dsl-syntax @ b", "dsl-syntax @ b"], 1],
    ["on a.done -> b )\n2 of (b.done, c.done) -> d", ["dsl-syntax @ )", "dsl-syntax @ 2"], 1],
    ["on a.done -> b )\n[b.done, c.done] -> d", ["dsl-syntax @ )", "dsl-syntax @ ["], 1],
    ["On a.done -> b\nonn b.done, c.done -> d\nlte x = 1\ny = 2", ["dsl-syntax @ On", "dsl-syntax @ lte", "dsl-syntax @ onn", "dsl-syntax @ y"], 4],
    ["on a.done -> b c\nb.done -> d e", ["dsl-syntax @ b", "dsl-syntax @ c"], 0],
    ["on a.done -> b\nwhat is this\non c.done -> d", ["dsl-syntax @ what"], 2],
    // what only looks like a rule without its first word
    ["on\na.done -> b", [], 1],
    ["on a.done,\nb.done -> c", [], 1],
    ["on a.done when\na.output.ok -> b", [], 1],
    ["on a.done when x ==\nb.turns -> c", [], 1],
    ["on a.done {\n  when\n  a.ok -> b\n  otherwise -> c\n}", [], 1],
    ["on all(a.done,\nb.done) -> c", [], 1],
    ["on a.done -> for t in\na.list -> b", [], 1],
    ["let x = { a: 1,\nb: 2 }", [], 1],
  ])("of a rule that lacks its first word: %j", (source, problems, read) => {
    const { program, diagnostics } = parseRoutes(source, identity, "f")
    expect(told(source, diagnostics).toSorted()).toEqual(problems.toSorted())
    expect(program.statements).toHaveLength(read)
  })
  it("keeps a rule whose text has a bad hole", () => {
    const { program, diagnostics } = parseRoutes('on a.done -> b with "x ${)} y"', identity, "f")
    expect(diagnostics).toHaveLength(1)
    expect(program.statements).toHaveLength(1)
  })
  it("says what was found, what was expected and how to mend it", () => {
    const [problem] = parseRoutes("on a.done when x == 'a' -> b", identity, "f").diagnostics
    expect(problem).toMatchObject({
      code: "dsl-syntax",
      message: expect.stringMatching(/^expected a value.*found `'`$/),
      help: expect.stringContaining("double quotes"),
    })
  })
})

describe("size", () => {
  const nested = (open: string, inner: string, close: string, depth = 10_000): string => open.repeat(depth) + inner + close.repeat(depth)
  const deep: ReadonlyArray<readonly [name: string, source: string]> = [
    ["parentheses", `let x = ${nested("(", "1", ")")}`],
    ["lists", `let x = ${nested("[", "1", "]")}`],
    ["records", `let x = ${nested("{a:", "1", "}")}`],
    ["indexes", `let x = ${nested("a[", "1", "]")}`],
    ["unclosed", `let x = ${"(".repeat(10_000)}`],
    ["negations", `let x = ${"not ".repeat(10_000)} y`],
    ["signs", `let x = ${"- ".repeat(10_000)} y`],
    ["sums", `let x = 1${" + 1".repeat(10_000)}`],
    ["fields", `let x = a${".b".repeat(10_000)}`],
    ["joins", `on ${nested("all(", "a.done", ")")} -> b`],
    ["sequences", `on a.done -> ${nested("{ ", "complete", " }")}`],
    ["then", `on a.done -> ${"b max 1 then ".repeat(10_000)} complete`],
    ["texts", `let x = ${nested('"${', "1", '}"')}`],
  ]
  it.each(deep)("10000 %s are refused with one message", (_, source) => {
    expect(parseRoutes(source, identity, "f").diagnostics.map((problem) => problem.code)).toEqual(["limit-exceeded"])
  })
  it("a deep but reasonable expression is fine", () => {
    expect(parseExpression(nested("(", "1", ")", 50), identity, "f").diagnostics).toEqual([])
    expect(parseExpression(`1${" + a.b".repeat(200)}`, identity, "f").diagnostics).toEqual([])
  })
  it("10000 rules are read", () => {
    const source = 'on a.done when a.output.x == 1 -> b with "${a.text}" max 3\n'.repeat(10_000)
    expect(parseRoutes(source, identity, "f").program.statements).toHaveLength(10_000)
  })
})

it.each([
  ["1-1-1", "1-"],
  ["unclosed texts", 'on a.done -> b with """${ "\n'],
  ["unclosed classes", ",/["],
])("%s cost time in proportion to their length", (_, piece) => {
  const time = (length: number): number => {
    const source = `let x = ${piece.repeat(length)}`
    const start = performance.now()
    parseRoutes(source, identity, "f")
    return performance.now() - start
  }
  time(100)
  expect(time(20_000)).toBeLessThan(40 * time(2000) + 500)
})

it.each([
  ['on a.done -> b wth "x"', "did you mean `with`?"],
  ["on a.done -> b mx 2", "did you mean `max`?"],
  ["on a.done -> select form [a]", "did you mean `from`?"],
  ["on a.done wehn a.text == b.text -> c", "did you mean `when`?"],
  ["on a.done { othrwise -> c }", "did you mean `otherwise`?"],
  ["on a.done -> b\nonn b.done -> c", "did you mean `on`?"],
  ["on a.done -> b\nb.done -> c", "put `on` before it"],
  ["x = 1", "put `let` before it"],
  ["on a.done -> b c", undefined],
])("a word of the language that is nearly written is told: %s", (source, help) =>
  expect(parseRoutes(source, identity, "f").diagnostics.map((each) => each.help)).toEqual([help]),
)

it.each([
  ["string[]", "the type of a list is written `[string]`"],
  ["List<string>", "the type of a list is written `[string]`"],
  ["(a | b)?", "there are no brackets around types: what may be absent is written `string?`, or `a | b?`"],
  ["string, integer", "a record is written `{ title: string, done: boolean }`"],
])("types of other languages are told how they are written here: %s", (source, help) =>
  expect(parseType(source, identity, "f").diagnostics.map((each) => each.help)).toEqual([help]),
)
