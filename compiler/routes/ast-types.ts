/** Types as written: the shorthand, and JSON Schema as far as types can be read out of it (language.md 4). */
import type { Span } from "../diagnostics/span.ts"
import type { Name } from "./ast-values.ts"

export type TypeAst = NamedType | EnumType | ListType | RecordType | MaybeType | SchemaType

/** `string`, `integer`, …; a word that names no type is reported by `resolveType`. */
export interface NamedType {
  readonly kind: "named"
  readonly name: Name
  readonly span: Span
}
/** `a | b | c`; at least one value */
export interface EnumType {
  readonly kind: "enum"
  readonly values: ReadonlyArray<Name>
  readonly span: Span
}
export interface ListType {
  readonly kind: "list"
  readonly item: TypeAst
  readonly span: Span
}
/** `open`: other fields may be present (only from JSON Schema) */
export interface RecordType {
  readonly kind: "record"
  readonly fields: ReadonlyArray<{ readonly name: Name; readonly type: TypeAst; readonly optional: boolean }>
  readonly open: boolean
  readonly span: Span
}
/** `T?` */
export interface MaybeType {
  readonly kind: "maybe"
  readonly type: TypeAst
  readonly span: Span
}
/** A JSON Schema, inline or a reference to a file; `schema` is the raw object. `type` is what could be read out of it. */
export interface SchemaType {
  readonly kind: "schema"
  readonly schema: { readonly [key: string]: unknown }
  readonly type: TypeAst | undefined
  readonly span: Span
}
