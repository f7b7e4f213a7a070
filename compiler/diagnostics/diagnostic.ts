import type { Json } from "../ir/model.ts"
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

/** How what a diagnostic tells of can be made to happen. */
export interface Replay {
  /** what `simulate --script` reads */
  readonly script: { readonly [part: string]: Json }
  /** inputs that the run needs for it, as `--input` takes them */
  readonly inputs: { readonly [name: string]: string }
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
  /** of a scenario that the fleet can be made to play, where none but its flow is wrong; made when it is asked for, undefined where it was not found what sessions would have to put out */
  readonly replay?: () => Replay | undefined
}
