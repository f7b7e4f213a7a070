/** Types as sessions and inputs declare them, with schemas in other files read in. */
import { diagnose, type Diagnostic } from "../diagnostics/index.ts"
import { isRecord } from "../ir/equal.ts"
import { checkSchema } from "../ir/json-schema/check.ts"
import type { Json } from "../ir/model.ts"
import { parseTypeNode, resolveType, typeOfSchema, type TypeAst } from "../routes/index.ts"
import type { YamlNode } from "../source/index.ts"
import type { FileReader } from "./file-reader.ts"
import type { OutputType } from "./model.ts"
import { moved, schemaOfType } from "./schema-of-type.ts"

export interface ReadType {
  readonly value?: OutputType
  readonly diagnostics: ReadonlyArray<Diagnostic>
}

/** Types that are known by what is written. */
export interface KnownTypes {
  readonly get: (written: string) => OutputType | undefined
  readonly set: (written: string, type: OutputType) => void
}

/** As `readType`, but for types that were written before. */
export const readKnownType = (node: YamlNode, files: FileReader, known: KnownTypes): ReadType => {
  const written = writtenAt(node)
  const value = written === undefined ? undefined : known.get(written)
  if (value !== undefined) return { value, diagnostics: [] }
  const read = readType(node, files)
  if (written !== undefined && read.value !== undefined && read.diagnostics.length === 0) known.set(written, read.value)
  return read
}

const longestKnown = 1000

const texts = new WeakMap<YamlNode, string>()

const writtenAt = (node: YamlNode): string | undefined => {
  const known = texts.get(node)
  if (known !== undefined) return known
  const written = writtenIn(node, [])?.join("")
  if (written !== undefined) texts.set(node, written)
  return written
}

/** Everything in a value that counts, in pieces; undefined when it is long, or speaks of another file, which may have changed. */
const writtenIn = (node: YamlNode, into: Array<string>): ReadonlyArray<string> | undefined => {
  if (into.length > longestKnown) return undefined
  const add = (kind: string, text: string): unknown => into.push(`${kind}${text.length} ${text}`)
  switch (node.kind) {
    case "scalar":
      add(typeof node.value, node.text)
      return into
    case "null":
      add("null", node.text)
      return into
    case "list":
      add("list", String(node.items.length))
      return node.items.every((item) => writtenIn(item, into) !== undefined) ? into : undefined
    case "map":
      add("map", String(node.entries.length))
      for (const { name, value } of node.entries) {
        add("key", name)
        if (name === "$ref" || writtenIn(value, into) === undefined) return undefined
      }
      return into
  }
}

export const readType = (node: YamlNode, files: FileReader): ReadType => {
  const parsed = parseTypeNode(node)
  if (parsed.value === undefined) return { diagnostics: parsed.diagnostics }
  const problems = [...parsed.diagnostics]
  const written = withReferences(parsed.value, files, problems)
  const resolved = resolveType(written)
  for (const each of resolved.diagnostics) problems.push(each)
  const schema = schemaOfType(written)
  return { value: { type: resolved.value, ...(schema !== undefined && { schema }) }, diagnostics: problems }
}

/** The type with every `$ref` to another file replaced by what stands there. */
const withReferences = (type: TypeAst, files: FileReader, problems: Array<Diagnostic>): TypeAst => {
  switch (type.kind) {
    case "list":
      return { ...type, item: withReferences(type.item, files, problems) }
    case "maybe":
      return { ...type, type: withReferences(type.type, files, problems) }
    case "record":
      return { ...type, fields: type.fields.map((field) => ({ ...field, type: withReferences(field.type, files, problems) })) }
    case "schema":
      return type.type === undefined ? readSchema(type, files, problems) : type
    default:
      return type
  }
}

const readSchema = (type: TypeAst & { readonly kind: "schema" }, files: FileReader, problems: Array<Diagnostic>): TypeAst => {
  const [path = "", pointer] = String(type.schema["$ref"]).split("#")
  const text = files.read(path)
  const refuse = (problem: string): TypeAst => {
    problems.push(diagnose("invalid-type", type.span, { problem }))
    return { kind: "named", name: { text: "json", span: type.span }, span: type.span }
  }
  if (text === undefined) return refuse(`the schema "${path}" cannot be read`)
  const loaded = parseObject(text)
  if (loaded === undefined) return refuse(`"${path}" is not a JSON Schema`)
  // The file's own demands are not those of a part of it.
  const schema = pointer === undefined || pointer === "" ? loaded : { $defs: { file: moved(loaded, "#/$defs/file") }, $ref: `#/$defs/file${pointer}` }
  const faults = checkSchema(loaded)
  for (const fault of faults.length > 0 ? faults : checkSchema(schema))
    problems.push(diagnose("invalid-type", type.span, { problem: `"${path}"${fault.path === "" ? "" : ` at ${fault.path}`}: ${fault.message}` }))
  return { kind: "schema", schema, type: typeOfSchema(schema, type.span), span: type.span }
}

const parseObject = (text: string): { readonly [key: string]: Json } | undefined => {
  try {
    const value: Json = JSON.parse(text)
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}
