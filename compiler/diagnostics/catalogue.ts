/**
 * Every code the compiler reports (language.md 5), with its severity and its messages. A code with several messages has variants,
 * reported as `code:variant`; the reader sees the code alone. Messages are lower case, quote the offender and name what is legal;
 * "previously defined here" is a related span, never text. Each code has a page, docs/codes/<code>.md.
 */
import type { Severity } from "./diagnostic.ts"
import type { Message } from "./message.ts"
import { flow } from "./catalogue/flow.ts"
import { lint } from "./catalogue/lint.ts"
import { names } from "./catalogue/names.ts"
import { plugins } from "./catalogue/plugins.ts"
import { policy } from "./catalogue/policy.ts"
import { text } from "./catalogue/text.ts"
import { types } from "./catalogue/types.ts"

export interface CatalogueEntry {
  readonly severity: Severity
  /** how to mend it, when whoever reports it knows nothing better */
  readonly help?: string
  readonly messages: Readonly<Record<string, Message<string> | Message<never>>>
}

export const families = { text, names, types, flow, policy, plugins, lint } as const

export const catalogue = { ...text, ...names, ...types, ...flow, ...policy, ...plugins, ...lint } satisfies Record<string, CatalogueEntry>

export type Catalogue = typeof catalogue
export type Code = keyof Catalogue

/** Sorted. */
export const codes: ReadonlyArray<Code> = (Object.keys(catalogue) as Array<Code>).sort()

/** Whether there is a diagnostic of this name. */
export const isCode = (code: string): code is Code => Object.hasOwn(catalogue, code)
