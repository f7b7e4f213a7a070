/** From untrusted JSON to an IR. Whether what it says holds together is for `verify.ts`. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import type { Ir } from "./model.ts"
import { irSchema } from "./schema.ts"

/** `path` is a JSON pointer (RFC 6901). */
export interface IrProblem {
  readonly path: string
  readonly message: string
}

export type DecodedIr = { readonly ok: true; readonly ir: Ir } | { readonly ok: false; readonly problems: ReadonlyArray<IrProblem> }

/** The deepest document the compiler writes stays well below; a deeper one would exhaust the stack. */
const maxDepth = 1500

const decode = Schema.decodeUnknownResult(irSchema, { errors: "all", onExcessProperty: "error" })

/** Anything that is not exactly an IR is refused, keys too many included. */
export const decodeIr = (value: unknown): DecodedIr => {
  if (tooDeep(value)) return { ok: false, problems: [{ path: "", message: `the document is nested deeper than ${maxDepth}` }] }
  const result = decode(value)
  if (Result.isSuccess(result)) return { ok: true, ir: result.success }
  const { issues } = SchemaIssue.makeFormatterStandardSchemaV1()(result.failure.issue)
  return { ok: false, problems: issues.map(({ path, message }) => ({ path: pointer(path ?? []), message })) }
}

/** JSON Schema (draft 2020-12) of the IR, self-contained. */
export const irJsonSchema = (): unknown => {
  const { schema, definitions } = Schema.toJsonSchemaDocument(irSchema, { onExcessProperty: "error" })
  return { $schema: "https://json-schema.org/draft/2020-12/schema", title: "fleetwright IR", ...schema, $defs: definitions }
}

const pointer = (path: ReadonlyArray<unknown>): string =>
  path.map((key) => `/${String(typeof key === "object" && key !== null && "key" in key ? key.key : key).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("")

const tooDeep = (value: unknown): boolean => {
  let level: Array<unknown> = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > maxDepth) return true
    const next: Array<unknown> = []
    for (const item of level) if (typeof item === "object" && item !== null) for (const inner of Object.values(item)) next.push(inner)
    level = next
  }
  return false
}
