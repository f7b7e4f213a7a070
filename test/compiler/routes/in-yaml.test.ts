import { describe, expect, it } from "vitest"
import { parseRoutes, parseTypeNode, printType } from "../../../compiler/routes/index.ts"
import { readSource, type YamlNode } from "../../../compiler/source/index.ts"

const valueOf = (yaml: string): YamlNode => {
  const root = readSource("f", yaml).tree.root
  if (root?.kind !== "map") throw new Error("not a map")
  return root.entries[0]!.value
}

const routesIn = (yaml: string): ReturnType<typeof parseRoutes> => {
  const node = valueOf(yaml)
  if (node.kind !== "scalar") throw new Error("not a scalar")
  return parseRoutes(node.text, (offset) => node.offsetAt(offset), node.span.file)
}

describe("spans are spans of the file", () => {
  const styles: ReadonlyArray<readonly [style: string, yaml: string]> = [
    ["plain", "routes: on coder.done -> reviewer\n"],
    ["single", "routes: 'on coder.done -> reviewer'\n"],
    ["double", 'routes: "on\\x20coder.done \\\n    -> reviewer"\n'],
    ["literal", "routes: |\n    # a comment\n\n    on coder.done\n      -> reviewer\n"],
    ["folded", "routes: >\n    # a folded block\n\n    on coder.done\n      -> reviewer\n"],
    ["windows", "routes: |\r\n    # a comment\r\n    on coder.done\r\n      -> reviewer\r\n"],
  ]
  it.each(styles)("in a %s scalar", (_, yaml) => {
    const { program, diagnostics } = routesIn(yaml)
    expect(diagnostics).toEqual([])
    const [rule] = program.statements
    if (rule?.kind !== "rule") throw new Error("not a rule")
    const [trigger] = rule.triggers
    const action = rule.cases[0]?.action
    if (trigger?.join.kind !== "event" || action?.kind !== "send") throw new Error("another shape")
    const shown = [trigger.join.subject, trigger.join.event, action.targets[0]!].map(({ span }) => yaml.slice(span.start, span.end))
    expect(shown).toEqual(["coder", "done", "reviewer"])
  })
  it("of a problem in a quoted scalar, escapes included", () => {
    const yaml = 'routes: "on coder.done -> \\"x\\""\n'
    expect(routesIn(yaml).diagnostics.map(({ code, span }) => [code, yaml.slice(span.start, span.end)])).toEqual([["dsl-syntax", '\\"x\\"']])
  })
  it("inside the hole of a multi-line text", () => {
    const yaml = 'routes: |\n  on a.done -> b with """\n    Hello\n      ${a.output.notes}\n    """\n'
    const [rule] = routesIn(yaml).program.statements
    if (rule?.kind !== "rule" || rule.cases[0]?.action.kind !== "send") throw new Error("another shape")
    const parts = rule.cases[0].action.modifiers.with?.template.parts ?? []
    expect(parts.map((part) => (part.kind === "text" ? part.text : yaml.slice(part.value.span.start, part.value.span.end)))).toEqual([
      "Hello\n  ",
      "a.output.notes",
    ])
  })
})

describe("types as YAML", () => {
  const valid: ReadonlyArray<readonly [yaml: string, type: string]> = [
    ["t: string", "string"],
    ["t: { verdict: approve | changes, notes: string? }", "{ verdict: approve | changes, notes: string? }"],
    ["t:\n  tasks: [ { title: string, files: [string] } ]", "{ tasks: [{ title: string, files: [string] }] }"],
    ["t: { type: string, name: string }", "{ type: string, name: string }"],
    ["t: { type: integer }", "integer"],
    ["t: { type: object, required: [a], properties: { a: { enum: [x, y] }, b: { type: array, items: { type: number } } } }", "{ a: x | y, b: [number]? }"],
    ["t: { $ref: '#/$defs/n', $defs: { n: { type: object, properties: { next: { $ref: '#/$defs/n' } } } } }", "{ next: json? }"],
    ["t: { $ref: ./verdict.schema.json }", "json"],
    ["t: null", "null"],
  ]
  it.each(valid)("%s", (yaml, type) => {
    const { value, diagnostics } = parseTypeNode(valueOf(yaml))
    expect(diagnostics).toEqual([])
    expect(printType(value!)).toBe(type)
  })
  const invalid: ReadonlyArray<readonly [yaml: string, code: string, at: string]> = [
    ["t: [string, integer]", "invalid-type", "[string, integer]"],
    ["t: { a: }", "invalid-type", "a"],
    ["t: string | null", "invalid-type", "null"],
    ["t: '[string'", "dsl-syntax", "string"],
  ]
  it.each(invalid)("%s is refused", (yaml, code, at) => {
    const { diagnostics } = parseTypeNode(valueOf(yaml))
    expect(diagnostics.map((problem) => [problem.code, yaml.slice(problem.span.start, problem.span.end)])).toEqual([[code, at]])
  })
  it("aliases that multiply are refused", () => {
    const levels = Array.from({ length: 14 }, (_, n) => `  l${n + 1}: &l${n + 1} { a: *l${n}, b: *l${n} }`)
    const node = valueOf(`t:\n  l0: &l0 string\n${levels.join("\n")}\n`)
    expect(parseTypeNode(node).diagnostics.map((problem) => problem.code)).toEqual(["limit-exceeded"])
  })
})
