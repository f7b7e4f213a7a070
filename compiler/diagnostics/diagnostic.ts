import type { Span } from "./span.ts"

export type Severity = "error" | "warning" | "info"

export interface Related {
  readonly span: Span
  readonly message: string
}

/** A change that is certain to be meant; applying all edits mends the problem. */
export interface Fix {
  readonly title: string
  readonly edits: ReadonlyArray<{ readonly span: Span; readonly text: string }>
}

export interface Diagnostic {
  /** a code of the catalogue, or `plugin/name` */
  readonly code: string
  readonly severity: Severity
  readonly message: string
  readonly span: Span
  readonly related: ReadonlyArray<Related>
  readonly help?: string
  readonly fix?: Fix
}
