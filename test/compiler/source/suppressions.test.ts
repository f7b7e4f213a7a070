import { expect, it } from "vitest"
import { diagnose } from "../../../compiler/diagnostics/index.ts"
import { parseRoutes } from "../../../compiler/routes/index.ts"
import { applySuppressions, findSuppressions, readSource } from "../../../compiler/source/index.ts"

const text = `task: |
  # fleet-ignore dead-route: this is prose
  go
# fleet-ignore unused-input: kept for callers
# and another comment

inputs: 1
routes: |
  on a.done -> b
  # fleet-ignore dead-route:
  # fleet-ignore
  # fleet-ignore unknown-session: why
  on b.done -> c
`
const { tree } = readSource("f", text)
const scalars = tree.root?.kind === "map" ? tree.root.entries.flatMap(({ name, value }) => (name === "routes" && value.kind === "scalar" ? [value] : [])) : []
const rules = scalars.map((node) => ({ node, comments: parseRoutes(node.text, node.offsets(), "f").program.comments }))
const found = findSuppressions(tree, rules)
const at = (needle: string) => ({ file: "f", start: text.indexOf(needle), end: text.indexOf(needle) + needle.length })

it("finds comments, in YAML and in rules, not prose", () => {
  expect(found.suppressions.map(({ code, reason, line }) => [code, reason, text.slice(line.start, line.end)])).toEqual([
    ["unused-input", "kept for callers", "inputs: 1"],
    ["unknown-session", "why", "on b.done -> c"],
  ])
})

it("asks for a reason and a code", () => {
  expect(found.diagnostics.map(({ code, span }) => [code, text.slice(span.start, span.end)])).toEqual([
    ["invalid-value", "fleet-ignore dead-route:"],
    ["invalid-value", "fleet-ignore"],
  ])
})

it("takes away one warning, never an error, and reports the unused", () => {
  const warning = diagnose("unused-input", at("inputs"), { name: "x" })
  const error = diagnose("unknown-session", at("c\n"), { name: "c", expected: "" })
  const kept = applySuppressions([warning, error], found.suppressions)
  expect(kept.map(({ code }) => code)).toEqual(["unknown-session", "unused-suppression"])
  expect(kept[1]?.message).toContain("errors cannot be ignored")
})

it.each<readonly [style: string, routes: string, said: ReadonlyArray<readonly [code: string, line: string]>]>([
  ["one quoted line", String.raw`routes: "on a.done -> b\n# fleet-ignore dead-route: why\non b.done -> c\non c.done -> d"`, [["dead-route", "on b.done -> c"]]],
  ["quotes over several lines", 'routes: "# fleet-ignore dead-route: why\n\n\n  on b.done\n  -> c"', [["dead-route", "on b.done\n  -> c"]]],
  ["single quotes", "routes: '# fleet-ignore dead-route: why\n\n  on b.done -> c'", [["dead-route", "on b.done -> c"]]],
  ["a folded block", "routes: >\n  # fleet-ignore dead-route: why\n\n  on b.done -> c\n", [["dead-route", "on b.done -> c"]]],
  ["an item of a list", "routes:\n  - |\n    # fleet-ignore dead-route: why\n    on b.done -> c\n  - on c.done -> d\n", [["dead-route", "on b.done -> c"]]],
  [
    "the end of an item",
    "routes:\n  - |\n    on b.done -> c\n    # fleet-ignore dead-route: why\n  - on c.done -> d\n",
    [["dead-route", "  - on c.done -> d"]],
  ],
  ["a quoted item", String.raw`routes: [ "# fleet-ignore dead-route: why\non b.done -> c" ]`, [["dead-route", "on b.done -> c"]]],
  ["before an item", "routes:\n  # fleet-ignore dead-route: why\n  - on c.done -> d\n", [["dead-route", "  - on c.done -> d"]]],
  [
    "before a CAP route",
    "routes:\n  # fleet-ignore dead-route: why\n  - { when: a.done, route_to: b }\n",
    [["dead-route", "  - { when: a.done, route_to: b }"]],
  ],
  ["a prompt", 'routes: |\n  on a.done -> b with """\n    # fleet-ignore dead-route: why\n  """\n', []],
  ["behind a rule", "routes: |\n  on a.done -> b # fleet-ignore dead-route: why\n", []],
])("is seen in every style of scalar: %s", (_, routes, said) => {
  const source = readSource("f", routes)
  const { root } = source.tree
  const value = root?.kind === "map" ? root.entries[0]?.value : undefined
  const scalarsOf = (value === undefined ? [] : value.kind === "list" ? value.items : [value]).filter((node) => node.kind === "scalar")
  const texts = scalarsOf.map((node) => ({ node, comments: parseRoutes(node.text, node.offsets(), "f").program.comments }))
  const { suppressions } = findSuppressions(source.tree, texts)
  expect(suppressions.map(({ code, line }) => [code, routes.slice(line.start, line.end)])).toEqual(said)
})
