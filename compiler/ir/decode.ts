/** From untrusted JSON to an IR. Whether what it says holds together is for `verify.ts`. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import { brief } from "./brief.ts"
import type { Ir } from "./model.ts"
import { irSchema } from "./schema.ts"
import { exprSchema } from "./schema-expression.ts"

/** `path` is a JSON pointer (RFC 6901). */
export interface IrProblem {
  readonly path: string
  readonly message: string
}

export type DecodedIr = { readonly ok: true; readonly ir: Ir } | { readonly ok: false; readonly problems: ReadonlyArray<IrProblem> }

/** The deepest document the compiler writes stays below; a deeper one is refused before anything recurses over it. */
const maxDepth = 1500

const maxProblems = 100

const options = { errors: "all", onExcessProperty: "error" } as const
const decode = Schema.decodeUnknownResult(irSchema, options)
const decodeExpr = Schema.decodeUnknownResult(exprSchema, options)

/** Anything that is not exactly an IR is refused, keys too many included. At most 100 problems. */
export const decodeIr = (value: unknown): DecodedIr => {
  if (tooDeep(value)) return { ok: false, problems: [{ path: "", message: `the document is nested deeper than ${maxDepth}` }] }
  const pieces = cut(value)
  const problems: Array<IrProblem> = []
  for (const { path, piece } of pieces) {
    const result: Result.Result<unknown, Schema.SchemaError> | undefined = path === "" ? attempt(decode, piece) : attempt(decodeExpr, piece)
    if (result === undefined) problems.push({ path, message: "the document is nested too deep here" })
    else if (Result.isFailure(result)) {
      const { issues } = SchemaIssue.makeFormatterStandardSchemaV1()(result.failure.issue)
      for (const issue of issues.slice(0, maxProblems - problems.length))
        problems.push({ path: path + pointer(issue.path ?? []), message: brief(issue.message) })
    }
    if (problems.length >= maxProblems) break
  }
  return problems.length === 0 ? { ok: true, ir: value as Ir } : { ok: false, problems }
}

/** `undefined`: the stack did not suffice, which the schema reports by throwing. */
const attempt = <A>(run: (value: unknown) => A, value: unknown): A | undefined => {
  try {
    return run(value)
  } catch {
    return undefined
  }
}

const levelsPerPiece = 60

/**
 * The document in pieces of little depth, since a schema takes many frames of stack per level: an expression far down is taken out, to be
 * decoded by itself, and a plain one put in its place. Decoding changes nothing, so the pieces need not be put together again.
 */
const cut = (value: unknown): ReadonlyArray<{ readonly path: string; readonly piece: unknown }> => {
  const pieces: Array<{ readonly path: string; readonly piece: unknown }> = []
  const copy = (part: unknown, path: string, level: number): unknown => {
    if (typeof part !== "object" || part === null) return part
    if (level >= levelsPerPiece && "op" in part) {
      pieces.push({ path, piece: copy(part, path, 0) })
      return { op: "human" }
    }
    if (Array.isArray(part)) return part.map((item: unknown, index) => copy(item, `${path}/${index}`, level + 1))
    return Object.fromEntries(Object.entries(part).map(([key, item]) => [key, copy(item, path + pointer([key]), level + 1)]))
  }
  pieces.unshift({ path: "", piece: copy(value, "", 0) })
  return pieces
}

/** JSON Schema (draft 2020-12) of the IR, self-contained. */
export const irJsonSchema = (): unknown => {
  const { schema, definitions } = Schema.toJsonSchemaDocument(irSchema, { onExcessProperty: "error" })
  return { $schema: "https://json-schema.org/draft/2020-12/schema", title: "fleetwright IR", ...schema, $defs: definitions }
}

const pointer = (path: ReadonlyArray<unknown>): string =>
  path
    .map(
      (key) =>
        `/${String(typeof key === "object" && key !== null && "key" in key ? key.key : key)
          .replaceAll("~", "~0")
          .replaceAll("/", "~1")}`,
    )
    .join("")

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
