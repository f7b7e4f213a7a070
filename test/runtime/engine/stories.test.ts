/** Whole runs, from the fleet file to the last event, each for a sentence of the contract: `stories.yaml`. */
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { parse } from "yaml"
import type { Json } from "#ir"
import { compile } from "#compiler"
import { simulate } from "../../../library/index.ts"

interface Story {
  readonly title: string
  readonly fleet: string
  readonly task?: string
  readonly script: Json
  readonly status: string
  readonly order?: ReadonlyArray<Json>
  readonly count?: ReadonlyArray<readonly [Json, number]>
  readonly never?: ReadonlyArray<Json>
}

const secret = `ghp_${"a1".repeat(18)}`
const text = readFileSync(new URL("stories.yaml", import.meta.url), "utf8").replaceAll("SECRET", secret)
const stories: ReadonlyArray<Story> = parse(text)

/** Whether a value has at least what a pattern says. */
const has = (pattern: Json, value: unknown): boolean => {
  if (typeof pattern === "string" && pattern.startsWith("~")) return typeof value === "string" && value.includes(pattern.slice(1))
  if (Array.isArray(pattern)) return Array.isArray(value) && pattern.length === value.length && pattern.every((one: Json, at) => has(one, value[at]))
  if (typeof pattern === "object" && pattern !== null)
    return typeof value === "object" && value !== null && Object.entries(pattern).every(([key, one]) => has(one, Reflect.get(value, key)))
  return pattern === value
}

describe("what a run tells", () => {
  it.each(stories.map((story) => [story.title, story] as const))("%s", async (_, { fleet, task, script, status, order = [], count = [], never = [] }) => {
    const { ir, diagnostics } = compile({ file: "fleet.yaml", text: fleet, files: () => undefined })
    if (ir === undefined) throw new Error(JSON.stringify(diagnostics))
    const { events, result } = await simulate(ir, { script, ...(task === undefined ? {} : { task }) })
    expect(result.status).toBe(status)
    let from = 0
    for (const pattern of order) {
      const at = events.findIndex((event, index) => index >= from && has(pattern, event))
      expect(at, `${JSON.stringify(pattern)} after event ${from} of\n${events.map((event) => JSON.stringify(event)).join("\n")}`).toBeGreaterThanOrEqual(0)
      from = at + 1
    }
    for (const pattern of never) expect(events.filter((event) => has(pattern, event))).toEqual([])
    for (const [pattern, times] of count) expect([pattern, events.filter((event) => has(pattern, event)).length]).toEqual([pattern, times])
    expect(JSON.stringify(events)).not.toContain(secret)
  })
})
