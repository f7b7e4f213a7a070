/** `secrets`: hides keys, tokens and passwords wherever text passes, keys of records included. `patterns` are regular expressions for more of them. */
import {
  definePolicy,
  optionalFields,
  safePattern,
  type ConfigSchema,
  type FieldRule,
  type PatchOperation,
  type PolicyDecision,
  type PolicyPayload,
  type SafePattern,
} from "#sdk"
import { secretForms } from "./patterns.ts"

type Ranges = ReadonlyArray<readonly [start: number, end: number]>
type Value = PolicyPayload[string]
type Finder = { readonly name: string; readonly ranges: (text: string) => Ranges }

/** Shown in the place of what is hidden. */
export const hidden = "[redacted]"

type Compiled = SafePattern & { readonly ok: true }

const patternsField: FieldRule<ReadonlyArray<Compiled>> = {
  expected: "a list of regular expressions that run in linear time",
  jsonSchema: { type: "array", items: { type: "string" } },
  read: (value) => {
    if (!Array.isArray(value)) return undefined
    const compiled = value.flatMap((source: unknown) => {
      const read = typeof source === "string" ? safePattern(source) : undefined
      return read?.ok === true && !read.test("") ? [read] : []
    })
    return compiled.length === value.length ? compiled : undefined
  },
}

const config: ConfigSchema<{ readonly patterns?: ReadonlyArray<Compiled> }> = optionalFields({ patterns: patternsField })

const known: ReadonlyArray<Finder> = secretForms.map(({ name, pattern }) => ({
  name,
  ranges: (text) => [...text.matchAll(pattern)].map((match) => [match.index, match.index + match[0].length] as const),
}))

/** A text without what the finders find, and what that was; undefined when nothing was found. */
const clean = (text: string, finders: ReadonlyArray<Finder>): { readonly text: string; readonly names: ReadonlyArray<string> } | undefined => {
  const names = new Set<string>()
  const all: Array<readonly [number, number]> = []
  for (const { name, ranges } of finders) {
    const found = ranges(text)
    if (found.length > 0) names.add(name)
    all.push(...found)
  }
  if (names.size === 0) return undefined
  let result = ""
  let after = 0
  for (const [start, end] of all.toSorted(([a], [b]) => a - b)) {
    if (start >= after) result += text.slice(after, start) + hidden
    after = Math.max(after, end)
  }
  return { text: result + text.slice(after), names: [...names] }
}

const pointer = (path: ReadonlyArray<string | number>): string => path.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("")

interface Search {
  readonly finders: ReadonlyArray<Finder>
  readonly patches: Array<PatchOperation>
  readonly names: Set<string>
}

const search = (value: Value, path: ReadonlyArray<string | number>, into: Search): void => {
  if (typeof value === "string") {
    const cleaned = clean(value, into.finders)
    if (cleaned === undefined) return
    for (const name of cleaned.names) into.names.add(name)
    into.patches.push({ op: "replace", path: pointer(path), value: cleaned.text })
  } else if (Array.isArray(value)) value.forEach((item: Value, at) => search(item, [...path, at], into))
  else if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      const cleaned = clean(key, into.finders)
      if (cleaned === undefined) search(inner, [...path, key], into)
      else {
        // a key that is a secret goes with all it holds
        for (const name of cleaned.names) into.names.add(name)
        into.patches.push({ op: "remove", path: pointer([...path, key]) })
      }
    }
  }
}

export const secrets = definePolicy({
  config,
  boundaries: ["prompt", "tool", "output", "artifact"],
  decide: (_, payload, { config: { patterns = [] } }): PolicyDecision | undefined => {
    const own = patterns.map(({ ranges }, at): Finder => ({ name: `what patterns[${at}] describes`, ranges }))
    const into: Search = { finders: [...known, ...own], patches: [], names: new Set() }
    search(payload, [], into)
    return into.patches.length === 0 ? undefined : { effect: "redact", reasons: [...into.names].map((name) => `it holds ${name}`), patches: into.patches }
  },
})
