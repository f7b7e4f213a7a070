/** From the type as written to the type as the checker and the IR know it. */
import { didYouMean, type Diagnostic } from "../diagnostics/index.ts"
import type { Type } from "../ir/model.ts"
import type { EnumType, NamedType, RecordType, TypeAst } from "./ast.ts"
import type { Parsed } from "./parse.ts"
import { badType } from "./problems.ts"
import { isTypeName, typeNames } from "./type-names.ts"

/** Always gives a type; where the written one is invalid, that part is `json`, so that one mistake has one message. */
export const resolveType = (written: TypeAst): Parsed<Type> => {
  const diagnostics: Array<Diagnostic> = []
  return { value: resolve(written, diagnostics), diagnostics }
}

const resolve = (written: TypeAst, problems: Array<Diagnostic>): Type => {
  switch (written.kind) {
    case "named":
      return named(written, problems)
    case "enum":
      return enumOf(written, problems)
    case "list":
      return { kind: "list", item: resolve(written.item, problems) }
    case "record":
      return recordOf(written, problems)
    case "maybe":
      return { kind: "maybe", type: resolve(written.type, problems) }
    case "schema":
      return written.type === undefined ? { kind: "json" } : resolve(written.type, problems)
  }
}

const shapes = "`a | b | c`, `[T]`, `{ field: T }` or `T?`"
const otherNames: { readonly [word: string]: string } = {
  str: "string",
  text: "string",
  int: "integer",
  float: "number",
  double: "number",
  bool: "boolean",
  any: "json",
  object: "json",
  unknown: "json",
}

const named = ({ name }: NamedType, problems: Array<Diagnostic>): Type => {
  if (isTypeName(name.text)) return { kind: name.text }
  const other = otherNames[name.text.toLowerCase()]
  const near = other === undefined ? didYouMean(name.text, name.span, typeNames) : { help: `write "${other}"` }
  const problem = badType(name.span, `"${name.text}" is not a type. expected ${typeNames.join(", ")}, ${shapes}`)
  problems.push({ ...problem, ...near })
  return { kind: "json" }
}

const enumOf = ({ values }: EnumType, problems: Array<Diagnostic>): Type => {
  const seen = new Map<string, (typeof values)[number]>()
  for (const value of values) {
    const before = seen.get(value.text)
    if (before === undefined) seen.set(value.text, value)
    else problems.push({ ...badType(value.span, `the value "${value.text}" is given twice`), related: [{ span: before.span, message: "first given here" }] })
  }
  return { kind: "enum", values: [...seen.keys()] }
}

const recordOf = ({ fields, open }: RecordType, problems: Array<Diagnostic>): Type => {
  const resolved = new Map<string, { readonly type: Type; readonly optional: boolean }>()
  const written = new Map<string, (typeof fields)[number]>()
  for (const field of fields) {
    const { text, span } = field.name
    const before = written.get(text)
    if (before === undefined) {
      written.set(text, field)
      resolved.set(text, { type: resolve(field.type, problems), optional: field.optional })
    } else problems.push({ ...badType(span, `the field "${text}" is given twice`), related: [{ span: before.name.span, message: "first given here" }] })
  }
  return { kind: "record", fields: Object.fromEntries(resolved), open }
}
