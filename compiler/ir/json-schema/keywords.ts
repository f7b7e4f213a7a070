/** The part of JSON Schema (draft 2020-12) that outputs may be declared with. What is on no list here is refused, never passed over. */

/** Say something to people, nothing about the value. */
export const annotations: ReadonlySet<string> = new Set([
  "$schema",
  "$id",
  "$comment",
  "title",
  "description",
  "default",
  "examples",
  "deprecated",
  "readOnly",
  "writeOnly",
  "$defs",
  "definitions",
])

export const types: ReadonlySet<string> = new Set(["object", "array", "string", "integer", "number", "boolean", "null"])

/** What the value of a keyword has to be. */
export type Operand =
  | "schema"
  | "schemas"
  | "schema map"
  | "count"
  | "number"
  | "positive number"
  | "boolean"
  | "pattern"
  | "names"
  | "names map"
  | "values"
  | "any"
  | "types"
  | "reference"
  | "format"
  | "pattern map"

export const operands: { readonly [keyword: string]: Operand } = {
  $ref: "reference",
  type: "types",
  enum: "values",
  const: "any",
  properties: "schema map",
  patternProperties: "pattern map",
  additionalProperties: "schema",
  required: "names",
  propertyNames: "schema",
  minProperties: "count",
  maxProperties: "count",
  dependentRequired: "names map",
  items: "schema",
  prefixItems: "schemas",
  contains: "schema",
  minContains: "count",
  maxContains: "count",
  minItems: "count",
  maxItems: "count",
  uniqueItems: "boolean",
  minLength: "count",
  maxLength: "count",
  pattern: "pattern",
  format: "format",
  minimum: "number",
  maximum: "number",
  exclusiveMinimum: "number",
  exclusiveMaximum: "number",
  multipleOf: "positive number",
  allOf: "schemas",
  anyOf: "schemas",
  oneOf: "schemas",
  not: "schema",
  if: "schema",
  then: "schema",
  else: "schema",
}

const twoDigits = "\\d{2}"
const date = "\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])"
const time = `([01]\\d|2[0-3]):[0-5]${"\\d"}:([0-5]\\d|60)(\\.\\d+)?([zZ]|[+-]${twoDigits}:${twoDigits})`

/** Formats that are checked, each as a pattern of the language's own linear kind. */
export const formats: { readonly [format: string]: string } = {
  date: `^${date}$`,
  time: `^${time}$`,
  "date-time": `^${date}[tT]${time}$`,
  email: "^[^@\\s]+@[^@\\s]+$",
  uri: "^[A-Za-z][A-Za-z0-9+.-]*:[^\\s]*$",
  uuid: "^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$",
  ipv4: "^((25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)\\.){3}(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)$",
}
