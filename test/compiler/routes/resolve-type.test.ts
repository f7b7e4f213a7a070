import { expect, it } from "vitest"
import { parseType, resolveType } from "../../../compiler/routes/index.ts"
import { identity, told } from "./parsing.ts"

it("gives the types of the IR", () => {
  const { value } = parseType("{ verdict: approve | changes, notes: string?, files: [[integer]] }", identity, "f")
  expect(resolveType(value!)).toEqual({
    diagnostics: [],
    value: {
      kind: "record",
      open: false,
      fields: {
        verdict: { type: { kind: "enum", values: ["approve", "changes"] }, optional: false },
        notes: { type: { kind: "string" }, optional: true },
        files: { type: { kind: "list", item: { kind: "list", item: { kind: "integer" } } }, optional: false },
      },
    },
  })
})

it.each([
  ["strng", "invalid-type @ strng", 'did you mean "string"?'],
  ["[int]", "invalid-type @ int", 'write "integer"'],
  ["a | b | a", "invalid-type @ a", undefined],
  ["{ a: string, a: json }", "invalid-type @ a", undefined],
])("%s is refused", (source, problem, help) => {
  const { value } = parseType(source, identity, "f")
  const { diagnostics } = resolveType(value!)
  expect(told(source, diagnostics)).toEqual([problem])
  expect(diagnostics[0]?.help).toBe(help)
})
