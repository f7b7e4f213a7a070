/** What the environment of a session says of one variable. */
import type { EnvironmentValue } from "./model.ts"

type Variables = { readonly [name: string]: string | undefined }

/** The caller's variables that it names as secrets. */
export const secretsNamed = (entry: EnvironmentValue): ReadonlyArray<string> =>
  "parts" in entry ? entry.parts.flatMap((part) => (typeof part === "string" ? [] : [part.from])) : "from" in entry && entry.secret === true ? [entry.from] : []

/** Undefined when the caller lacks a variable of it: half a text would say something else. */
export const valueOfEntry = (entry: EnvironmentValue, caller: Variables): string | undefined => {
  if ("value" in entry) return entry.value
  if ("from" in entry) return caller[entry.from]
  const texts = entry.parts.map((part) => (typeof part === "string" ? part : caller[part.from]))
  return texts.includes(undefined) ? undefined : texts.join("")
}
