/** What there is to choose from, as the `form` of a `cap.ask_user` (CAP v1, 7.5). */
import type { Fields } from "./json.ts"

export interface Choice {
  readonly id: string
  readonly label: string
}

/** No form where any text is an answer. */
export const formOf = (choices: ReadonlyArray<Choice>): Fields =>
  choices.length === 0 ? {} : { form: { type: "string", oneOf: choices.map(({ id, label }) => ({ const: id, title: label })) } }
