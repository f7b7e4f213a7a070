import { catalogue, type CatalogueEntry, type Catalogue, type Code } from "./catalogue.ts"
import type { Diagnostic, Fix, Related, Replay, Severity } from "./diagnostic.ts"
import type { Message } from "./message.ts"
import type { Span } from "./span.ts"

/** `code`, or `code:variant` for a code that has several messages. */
export type Report = { [C in Code]: VariantOf<C> extends infer V ? (V extends "default" ? C : V extends string ? `${C}:${V}` : never) : never }[Code]

type VariantOf<C extends Code> = keyof Catalogue[C]["messages"] & string

type MessageOf<R extends Report> = R extends `${infer C extends Code}:${infer V}`
  ? V extends keyof Catalogue[C]["messages"]
    ? Catalogue[C]["messages"][V]
    : never
  : R extends Code
    ? Catalogue[R]["messages"]["default"]
    : never

type ParamNames<M> = M extends Message<infer P> ? P : never

export type Params<R extends Report> = Readonly<Record<ParamNames<MessageOf<R>>, string | number>>

export interface More {
  /** a consequence of another problem, or an undecided verdict, may be less severe than the catalogue says */
  readonly severity?: Severity
  readonly related?: ReadonlyArray<Related>
  readonly help?: string
  readonly fix?: Fix
  readonly replay?: () => Replay | undefined
}

/** A diagnostic of the catalogue. The parameters are those of the code's message. */
export const diagnose = <R extends Report>(report: R, span: Span, params: Params<R>, more: More = {}): Diagnostic => {
  const [code, variant = "default"] = report.split(":") as [Code, string?]
  const entry: CatalogueEntry = catalogue[code as Code]
  const found = entry.messages[variant]
  if (found === undefined) throw new Error(`the catalogue has no message ${report}`)
  // what is only not decided need not be mended
  const help = more.help ?? (more.severity === "info" ? undefined : entry.help)
  return {
    code,
    severity: more.severity ?? entry.severity,
    message: (found as Message<string>).render(params as Record<string, string | number>),
    span,
    related: more.related ?? [],
    ...(help !== undefined && { help }),
    ...(more.fix !== undefined && { fix: more.fix }),
    ...(more.replay !== undefined && { replay: more.replay }),
  }
}
