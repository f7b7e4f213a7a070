/** What goes into a run and what comes out: `inputs` and `outputs`. */
import { suggest } from "../diagnostics/index.ts"
import type { MapEntry, MapNode } from "../source/model.ts"
import type { InputDeclaration, OutputDeclaration } from "./model.ts"
import { defined, Section, type Problems, type Reader } from "./section.ts"
import { text, textNode } from "./values.ts"

const declarationKeys = ["type", "default", "description"]

export const readInputs: Reader<ReadonlyArray<InputDeclaration>> = (entry, problems) => {
  if (entry.value.kind !== "map") return problems.wrongType(entry, "a map of names and types")
  return entry.value.entries.flatMap((input) => readInput(input, problems) ?? [])
}

const readInput = (entry: MapEntry, problems: Problems): InputDeclaration | undefined => {
  const { value } = entry
  checkName("input name", entry, problems)
  const name = { value: entry.name, span: entry.key }
  if (value.kind === "null" && value.text === "") return problems.wrongType(entry, "a type")
  if (value.kind !== "map" || !isDeclaration(value)) return { name, type: value }
  const keys = new Section(`input "${entry.name}"`, value, declarationKeys, problems).reportUnknown()
  const type = value.entries.find(({ name: key }) => key === "type")?.value
  const given = value.entries.find(({ name: key }) => key === "default")?.value
  return type && defined({ name, type, default: given, description: keys.read("description", text) })
}

/** `{ type, default?, description? }`, perhaps misspelt; with any other key the map is itself a type (a record, or a JSON Schema). */
const isDeclaration = ({ entries }: MapNode): boolean =>
  entries.some(({ name }) => name === "type") &&
  entries.every(({ name }) => declarationKeys.includes(name) || name.startsWith("x-") || suggest(name, declarationKeys) !== undefined)

export const readOutputs: Reader<ReadonlyArray<OutputDeclaration>> = (entry, problems) => {
  if (entry.value.kind !== "map") return problems.wrongType(entry, "a map of names and expressions")
  return entry.value.entries.flatMap((output): ReadonlyArray<OutputDeclaration> => {
    checkName("output name", output, problems)
    const expression = output.value.kind === "scalar" ? output.value : textNode(output, problems)
    return expression === undefined ? [] : [{ name: { value: output.name, span: output.key }, expression }]
  })
}

/** These names are written in expressions (`inputs.n`), so they are names of the routing language. */
const checkName = (what: string, { name, key }: MapEntry, problems: Problems): void => {
  if (!/^[A-Za-z_][A-Za-z0-9_-]*$/.test(name))
    problems.report("invalid-value", key, { what, value: name, expected: 'letters, digits, "_" and "-", starting with a letter or "_"' })
}
