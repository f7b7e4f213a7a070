/** Types as sessions and inputs declare them, with schemas in other files read in. */
import { diagnose, type Diagnostic } from "../diagnostics/index.ts"
import type { Json } from "../ir/model.ts"
import { parseTypeNode, resolveType, typeOfSchema, type TypeAst } from "../routes/index.ts"
import type { YamlNode } from "../source/index.ts"
import type { FileReader } from "./file-reader.ts"
import type { OutputType } from "./model.ts"

export const readType = (node: YamlNode, files: FileReader): { readonly value?: OutputType; readonly diagnostics: ReadonlyArray<Diagnostic> } => {
  const parsed = parseTypeNode(node)
  if (parsed.value === undefined) return { diagnostics: parsed.diagnostics }
  const problems = [...parsed.diagnostics]
  const written = withReferences(parsed.value, files, problems)
  const resolved = resolveType(written)
  problems.push(...resolved.diagnostics)
  const schema = written.kind === "schema" ? { schema: written.schema as Json } : {}
  return { value: { type: resolved.value, ...schema }, diagnostics: problems }
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
  const schema = pointer === undefined || pointer === "" ? loaded : { ...loaded, $ref: `#${pointer}` }
  return { kind: "schema", schema, type: typeOfSchema(schema, type.span), span: type.span }
}

const parseObject = (text: string): { readonly [key: string]: unknown } | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}
