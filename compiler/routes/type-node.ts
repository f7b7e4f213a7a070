/**
 * Types written as a YAML tree: maps are records, lists of one are lists, leaves are the shorthand (`approve | changes`, `string?`).
 * A map that is a JSON Schema is taken as one.
 */
import type { Diagnostic, Span } from "../diagnostics/index.ts"
import { checkSchema } from "../ir/json-schema/check.ts"
import type { Json } from "../ir/model.ts"
import type { MapNode, YamlNode } from "../source/model.ts"
import type { TypeAst } from "./ast.ts"
import { parseType, type Parsed } from "./parse.ts"
import { badType, tooDeep } from "./problems.ts"
import { isSchema, plainValue, typeOfSchema } from "./schema-type.ts"

const maxDepth = 64
/** Aliases can make a small file a huge type. */
const maxNodes = 10_000

interface Fold {
  readonly problems: Array<Diagnostic>
  nodes: number
}

/** The type that a YAML value describes; undefined where that was reported as invalid. */
export const parseTypeNode = (node: YamlNode): Parsed<TypeAst | undefined> => {
  const fold: Fold = { problems: [], nodes: 0 }
  const value = typeOf(node, fold, 0, node.span)
  return { value, diagnostics: fold.problems }
}

const typeOf = (node: YamlNode, fold: Fold, depth: number, around: Span): TypeAst | undefined => {
  if (++fold.nodes > maxNodes || depth > maxDepth) {
    const [what, found, limit] =
      depth > maxDepth ? (["types inside each other", depth, maxDepth] as const) : (["parts of a type", fold.nodes, maxNodes] as const)
    if (fold.nodes !== Number.POSITIVE_INFINITY) fold.problems.push(tooDeep(node.span, what, found, limit))
    fold.nodes = Number.POSITIVE_INFINITY
    return undefined
  }
  switch (node.kind) {
    case "scalar": {
      const { value, diagnostics } = parseType(node.text, node.offsets(), node.span.file)
      for (const each of diagnostics) fold.problems.push(each)
      return value
    }
    case "null":
      if (node.text === "null") return { kind: "named", name: { text: "null", span: node.span }, span: node.span }
      fold.problems.push(
        badType(node.text === "" ? around : node.span, "expected a type, found nothing", "write for example `string`, `approve | changes` or `[string]`"),
      )
      return undefined
    case "list": {
      const [item] = node.items
      if (item === undefined || node.items.length > 1) {
        fold.problems.push(badType(node.span, `a list type has one item type, found ${node.items.length}`, "write `[string]`; an enum is written `a | b | c`"))
        return undefined
      }
      const type = typeOf(item, fold, depth + 1, node.span)
      return type && { kind: "list", item: type, span: node.span }
    }
    case "map":
      return isSchema(node) ? schemaOf(node, fold) : recordOf(node, fold, depth)
  }
}

/** Words of JSON Schema whose lists are no types of lists. */
const combinators: ReadonlySet<string> = new Set(["anyOf", "oneOf", "allOf", "enum", "prefixItems", "required"])

const recordOf = (node: MapNode, fold: Fold, depth: number): TypeAst | undefined => {
  const meant = node.entries.find(({ name, value }) => combinators.has(name) && value.kind === "list" && value.items.length > 1)
  if (meant !== undefined) {
    fold.problems.push(
      badType(meant.key, `"${meant.name}" is a word of JSON Schema`, "a JSON Schema says that it is one: write `type:` or `$schema:` beside it"),
    )
    return undefined
  }
  const fields = node.entries.map((entry) => {
    // a field whose type was refused is there all the same, or whoever reads it would be told so again
    const type = typeOf(entry.value, fold, depth + 1, entry.key) ?? anything(entry.value.span)
    const name = { text: entry.name, span: entry.key }
    return type.kind === "maybe" ? { name, type: type.type, optional: true } : { name, type, optional: false }
  })
  return { kind: "record", fields, open: false, span: node.span }
}

const anything = (span: Span): TypeAst => ({ kind: "named", name: { text: "json", span }, span })

const schemaOf = (node: MapNode, fold: Fold): TypeAst | undefined => {
  const schema = plainValue(node, maxNodes)
  if (schema === undefined) {
    fold.problems.push(tooDeep(node.span, "parts of a JSON Schema", maxNodes + 1, maxNodes))
    return undefined
  }
  const raw = schema as { readonly [key: string]: Json }
  // What stands in another file is checked by whoever reads it.
  const type = typeOfSchema(raw, node.span)
  if (type !== undefined)
    for (const { path, message } of checkSchema(raw))
      fold.problems.push(badType(spanAt(node, path), message, "see the keywords that outputs can be checked with in docs/json-schema.md"))
  return { kind: "schema", schema: raw, type, span: node.span }
}

/** Where a JSON pointer leads in the tree: the key of the last step, or the nearest part that is written out. */
const spanAt = (root: YamlNode, pointer: string): Span => {
  let node = root
  let span = root.span
  for (const step of pointer.split("/").slice(1)) {
    const name = step.replaceAll("~1", "/").replaceAll("~0", "~")
    const entry = node.kind === "map" ? node.entries.find((one) => one.name === name) : undefined
    const next = entry?.value ?? (node.kind === "list" ? node.items[Number(name)] : undefined)
    if (next === undefined) return span
    span = entry?.key ?? next.span
    node = next
  }
  return span
}
