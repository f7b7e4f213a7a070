/** What the services have in common: a wire reads a request and writes a step as the answer. */
import type { Play, Said } from "./script.ts"

export type Body = { readonly [key: string]: unknown }

export interface Answer {
  readonly status: number
  readonly json: unknown
}

export interface Wire {
  readonly name: string
  /** Whether a POST to this path is for it. */
  readonly serves: (path: string) => boolean
  /** Where the path names the model. */
  readonly model?: (path: string) => string
  readonly said: (body: Body) => ReadonlyArray<Said>
  readonly tools: (body: Body) => ReadonlyArray<string> | undefined
  /** All that stands in the request besides the conversation: instructions, system prompts. */
  readonly system: (body: Body) => string
  readonly refuse: (error: NonNullable<Play["err"]>) => unknown
  /** The events of a streamed answer, in order: name, which may be empty, and data. */
  readonly stream: (body: Body, step: Play) => Iterable<readonly [event: string, data: unknown]>
}

export const isBody = (value: unknown): value is Body => typeof value === "object" && value !== null && !Array.isArray(value)
export const bodyOf = (value: unknown): Body => (isBody(value) ? value : {})
export const listOf = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])
export const stringOf = (value: unknown): string => (typeof value === "string" ? value : "")

/** The text of a message's content: one text, or parts with texts. */
export const contentText = (content: unknown): string =>
  typeof content === "string"
    ? content
    : listOf(content)
        .map((part) => stringOf(bodyOf(part)["text"]))
        .filter((text) => text !== "")
        .join("\n")

let ids = 0
export const freshId = (prefix: string): string => `${prefix}_${String(++ids).padStart(6, "0")}`
