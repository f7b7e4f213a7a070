/**
 * The values of secrets that agents get in their environment: what is written down, sent on or shown has none of them. They are those of variables
 * named by `${env.NAME}`, and of the others that agents get whose names say that they hold one.
 */
import { isSecretName, secretsNamed, valueOfEntry, type Ir, type Json } from "#ir"
import { passes, type Environment } from "../platform/agent-environment.ts"

export interface HiddenValues {
  readonly text: (text: string) => string
  /** Every text in a value; names of fields stay. */
  readonly value: (value: Json) => Json
  /** How many units at the end of a text may be where a value begins. */
  readonly begun: (text: string) => number
}

/** Shown in the place of a value. */
const shown = "[redacted]"

/** Shorter ones are part of too much that is no secret. */
const shortest = 6
/** Of a value in many lines (a private key), each line that is as long as this. */
const shortestLine = 16

const isPath = (value: string): boolean => /^[/.~]/.test(value)

const secretsIn = (ir: Ir, caller: Environment): ReadonlyArray<string> => {
  const values: Array<string | undefined> = Object.entries(caller).flatMap(([name, value = ""]) =>
    passes(name) && isSecretName(name) && !isPath(value) ? [value] : [],
  )
  for (const { env } of ir.sessions)
    for (const [name, entry] of Object.entries(env)) {
      const secrets = secretsNamed(entry)
      if (secrets.length > 0) values.push(...secrets.map((secret) => caller[secret]))
      else {
        const value = valueOfEntry(entry, caller)
        if ((isSecretName(name) || ("from" in entry && isSecretName(entry.from))) && value !== undefined && !isPath(value)) values.push(value)
      }
    }
  return values.flatMap((value) => (value === undefined ? [] : [value]))
}

/** Also as it stands within JSON, and line by line. */
const formsOf = (value: string): ReadonlyArray<string> => {
  const lines = value.split(/\r?\n/u).map((line) => line.trim())
  return [value, value.trim(), JSON.stringify(value).slice(1, -1), ...(lines.length > 1 ? lines.filter(({ length }) => length >= shortestLine) : [])]
}

/** Undefined when there is nothing to hide. */
export const hiddenValues = (ir: Ir, caller: Environment): HiddenValues | undefined => {
  const forms = [...new Set(secretsIn(ir, caller).flatMap(formsOf))].filter(({ length }) => length >= shortest).toSorted((a, b) => b.length - a.length)
  if (forms.length === 0) return undefined
  const pattern = new RegExp(forms.map((form) => form.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")).join("|"), "g")
  const text = (from: string): string => from.replaceAll(pattern, shown)
  const value = (from: Json): Json => {
    if (typeof from === "string") return text(from)
    if (typeof from !== "object" || from === null) return from
    return Array.isArray(from) ? from.map(value) : Object.fromEntries(Object.entries(from).map(([key, one]) => [key, value(one)]))
  }
  const longest = (forms[0]?.length ?? 1) - 1
  const begun = (from: string): number => {
    for (let length = Math.min(longest, from.length); length > 0; length--) {
      const end = from.slice(-length)
      if (forms.some((form) => form.length > length && form.startsWith(end))) return length
    }
    return 0
  }
  return { text, value, begun }
}

/** Variables that only the sessions get that name them. */
export const reservedVariables = (ir: Ir): ReadonlySet<string> => new Set(ir.sessions.flatMap(({ env }) => Object.values(env).flatMap(secretsNamed)))
