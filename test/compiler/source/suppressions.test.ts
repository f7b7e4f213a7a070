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
