/** Shared by the tests of this folder: trees without spans, and problems with the text they point at. */
import type { Diagnostic } from "../../../compiler/diagnostics/index.ts"
import { parseRoutes } from "../../../compiler/routes/index.ts"

export const identity = (offset: number): number => offset

const isSpan = (key: string): boolean => key === "span" || key === "opSpan"

/** A tree without spans, as plain JSON. */
export const bare = (tree: unknown): unknown => JSON.parse(JSON.stringify(tree, (key, value: unknown) => (isSpan(key) ? undefined : value)))

/** `code @ text pointed at` of each problem. */
export const told = (text: string, diagnostics: ReadonlyArray<Diagnostic>): ReadonlyArray<string> =>
  diagnostics.map(({ code, span }) => `${code} @ ${text.slice(span.start, span.end)}`)

export const problemsOf = (text: string): ReadonlyArray<string> => told(text, parseRoutes(text, identity, "f").diagnostics)
