/** Arguments and results of the functions, as types (language.md section 4). */
import type { FunctionName, Type } from "./model.ts"
import { commonType, definite, isNumeric, maybe } from "./type.ts"

export type Parameter =
  | "text"
  | "number"
  | "list"
  | "numbers"
  | "printables"
  | "sortable"
  | "record"
  | "sized"
  | "searchable"
  | "comparable"
  | "scalar"
  | "anything"

export interface Signature {
  readonly parameters: ReadonlyArray<Parameter>
  /** How many may be left out at the end. */
  readonly optional: number
  /** The last parameter may be given again and again. */
  readonly repeats?: boolean
  readonly result: (types: ReadonlyArray<Type>) => Type
}

const string: Type = { kind: "string" }
const boolean: Type = { kind: "boolean" }
const integer: Type = { kind: "integer" }
const json: Type = { kind: "json" }
const strings: Type = { kind: "list", item: string }

const itemOf = (type: Type | undefined): Type => (type?.kind === "list" ? type.item : json)
const same = (types: ReadonlyArray<Type>): Type => types[0] ?? json

const extreme = (types: ReadonlyArray<Type>): Type => {
  const [only] = types
  if (types.length === 1 && only?.kind === "list") return maybe(only.item)
  return types.reduce((a, b) => commonType(a, b) ?? json)
}

const texts = (count: number, result: Type): Signature => ({
  parameters: Array.from({ length: count }, (): Parameter => "text"),
  optional: 0,
  result: () => result,
})
const one = (parameter: Parameter, result: Signature["result"]): Signature => ({ parameters: [parameter], optional: 0, result })

const fieldTypes = (type: Type | undefined): Type => {
  if (type?.kind !== "record") return json
  const types = Object.values(type.fields).map((field) => field.type)
  return types.length === 0 ? json : types.reduce((a, b) => commonType(a, b) ?? json)
}

export const signatures: { readonly [name in FunctionName]: Signature } = {
  len: one("sized", () => integer),
  lower: texts(1, string),
  upper: texts(1, string),
  trim: texts(1, string),
  contains: { parameters: ["searchable", "anything"], optional: 0, result: () => boolean },
  starts_with: texts(2, boolean),
  ends_with: texts(2, boolean),
  split: texts(2, strings),
  join: { parameters: ["printables", "text"], optional: 1, result: () => string },
  lines: texts(1, strings),
  first: one("list", ([type]) => maybe(itemOf(type))),
  last: one("list", ([type]) => maybe(itemOf(type))),
  min: { parameters: ["comparable"], optional: 0, repeats: true, result: extreme },
  max: { parameters: ["comparable"], optional: 0, repeats: true, result: extreme },
  sum: one("numbers", ([type]) => (isNumeric(itemOf(type)) ? itemOf(type) : { kind: "number" })),
  sort: one("sortable", same),
  unique: one("list", same),
  keys: one("record", () => strings),
  values: one("record", ([type]) => ({ kind: "list", item: fieldTypes(type) })),
  json: one("anything", () => string),
  from_json: one("text", () => json),
  round: { parameters: ["number", "number"], optional: 1, result: ([type]) => (type?.kind === "number" || type === undefined ? { kind: "number" } : type) },
  default: { parameters: ["anything", "anything"], optional: 0, result: ([value = json, fallback = json]) => commonType(definite(value), fallback) ?? json },
}

/** What a parameter wants, in words. */
export const wanted: { readonly [parameter in Parameter]: string } = {
  text: "a string",
  number: "a number",
  list: "a list",
  numbers: "a list of numbers",
  printables: "a list of scalars",
  sortable: "a list of numbers or texts",
  record: "a record",
  sized: "a string, a list or a record",
  searchable: "a string or a list",
  comparable: "numbers, texts or one list of them",
  scalar: "a number or a text",
  anything: "anything",
}

const scalarKinds: ReadonlyArray<Type["kind"]> = ["integer", "number", "duration", "money", "string", "enum", "json"]

export const takes = (parameter: Parameter, type: Type): boolean => {
  if (type.kind === "json") return true
  const item = type.kind === "list" ? type.item : undefined
  switch (parameter) {
    case "text":
      return type.kind === "string" || type.kind === "enum"
    case "number":
      return isNumeric(type)
    case "list":
      return item !== undefined
    case "numbers":
      return item !== undefined && isNumeric(item)
    case "printables":
      return item !== undefined && !["list", "record"].includes(definite(item).kind)
    case "sortable":
      return item !== undefined && scalarKinds.includes(item.kind)
    case "record":
      return type.kind === "record"
    case "sized":
      return item !== undefined || type.kind === "string" || type.kind === "enum" || type.kind === "record"
    case "searchable":
      return item !== undefined || type.kind === "string" || type.kind === "enum"
    case "comparable":
      return scalarKinds.includes((item ?? type).kind)
    case "scalar":
      return scalarKinds.includes(type.kind)
    case "anything":
      return true
  }
}
