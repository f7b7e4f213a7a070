/** Formats a fleet file, its routing rules included. What it means stays the same, and no comment is lost. */
import type { Diagnostic } from "../diagnostics/index.ts"
import { compiledAt, readDocument } from "../document/index.ts"
import { parseRoutes } from "../routes/index.ts"
import { readSource } from "../source/index.ts"
import { formatRoutes } from "./format-routes.ts"
import { formatYaml } from "./format-yaml.ts"

export type Formatted =
  | { readonly kind: "formatted"; readonly text: string }
  /** the file is not well-formed, or its rules do not parse */
  | { readonly kind: "refused"; readonly diagnostics: ReadonlyArray<Diagnostic> }
  /** a comment stands where the layout has no place for it */
  | { readonly kind: "kept" }

/** Idempotent. A byte order mark and the file's kind of line ends stay. */
export const formatFleet = (file: string, text: string): Formatted => {
  const source = readSource(file, text)
  if (source.tree.root === undefined || source.diagnostics.length > 0) return { kind: "refused", diagnostics: source.diagnostics }
  // what a program wrote has its own form
  if (compiledAt(source.tree.root) !== undefined) return { kind: "refused", diagnostics: readDocument(source.tree).diagnostics }
  const bare = text.replace(/^\ufeff/, "").replaceAll("\r\n", "\n")
  const { tree } = readSource(file, bare)
  const blocks = new Map<number, string>()
  for (const route of readDocument(tree).document?.routes ?? []) {
    if (route.kind !== "dsl" || route.text.style !== "literal") continue
    const { diagnostics } = parseRoutes(route.text.text, route.text.offsets(), file)
    if (diagnostics.length > 0) return { kind: "refused", diagnostics }
    blocks.set(route.text.span.start, endedLike(route.text.text, formatRoutes(route.text.text)))
  }
  const formatted = formatYaml(bare, (offset) => blocks.get(offset))
  if (formatted === undefined) return { kind: "kept" }
  const lines = text.includes("\r\n") ? formatted.replaceAll("\n", "\r\n") : formatted
  return { kind: "formatted", text: text.startsWith("\ufeff") ? `\ufeff${lines}` : lines }
}

/** The block keeps how it ends, as its header says (`|`, `|-`, `|+`). */
const endedLike = (before: string, after: string): string => after.replace(/\n+$/, "") + (/\n*$/.exec(before)?.[0] ?? "")
