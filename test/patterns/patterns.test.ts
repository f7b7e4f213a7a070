/** The control-flow patterns of the Workflow Patterns Initiative that the language expresses directly: docs/workflow-patterns.md. */
import { readdirSync, readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { parse } from "yaml"
import type { Json } from "#ir"
import { compile } from "#compiler"
import { simulate } from "../../library/index.ts"

interface Expected {
  readonly status: string
  /** what settled, in order: `b done`, `c cancelled` */
  readonly settles: ReadonlyArray<string>
  /** warnings that the pattern earns */
  readonly warns?: ReadonlyArray<string>
  readonly script?: Json
}

const files = readdirSync(new URL(".", import.meta.url)).filter((name) => name.endsWith(".yaml"))
const read = (name: string): string => readFileSync(new URL(name, import.meta.url), "utf8")
const settled = new Set(["session.done", "session.failed", "session.cancelled", "session.skipped"])

describe("workflow patterns", () => {
  it.each(files)("%s", async (name) => {
    const text = read(name)
    const expected = (parse(text) as { readonly "x-expect": Expected })["x-expect"]
    const { ir, diagnostics } = compile({ file: name, text, files: () => undefined })
    expect(
      diagnostics.map(({ code }) => code),
      JSON.stringify(diagnostics),
    ).toEqual(expected.warns ?? [])
    if (ir === undefined) throw new Error("no IR")
    const { events, result } = await simulate(ir, { script: expected.script ?? null })
    const settles = events.flatMap((event) =>
      settled.has(event.type) && "session" in event ? [`${event.session} ${event.type.slice("session.".length)}`] : [],
    )
    expect(settles).toEqual(expected.settles)
    expect(result.status).toBe(expected.status)
  })

  it("are all in the table, and no other", () => {
    const table = readFileSync(new URL("../../docs/workflow-patterns.md", import.meta.url), "utf8")
    const linked = [...table.matchAll(/\(\.\.\/test\/patterns\/([^)]+)\)/g)].map(([, name = ""]) => name)
    expect(linked).toEqual(files.toSorted((a, b) => (a < b ? -1 : 1)))
    expect(table.match(/^\| \d+ \|/gm)).toHaveLength(43)
  })
})
