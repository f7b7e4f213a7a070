/** Black-box cases: the same command line on Node and on Deno, with no more than the README grants, says the same to the byte, and what it should. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { parse } from "yaml"
import { codes } from "../../compiler/diagnostics/index.ts"
import { denoRun, nodeRun, onBoth, reading, root } from "./both-runtimes.ts"

/** The wrong fleet and the mended one of each page; those of plugins name files that a page does not bring. */
const pages = codes.flatMap((code): ReadonlyArray<{ readonly code: string; readonly wrong: string; readonly mended: string }> => {
  const [wrong, mended] = [...readFileSync(join(root, `docs/codes/${code}.md`), "utf8").matchAll(/```yaml\n([^]*?)```/g)].map(([, text = ""]) => text)
  const whole = wrong !== undefined && mended !== undefined && !/\bplugins:/.test(wrong + mended) && code !== "nobody-to-ask"
  return whole ? [{ code, wrong, mended }] : []
})

interface Found {
  readonly code: string
  readonly severity: string
  readonly file: string
}

interface Expected {
  readonly status: string
  readonly settles: ReadonlyArray<string>
}

const patterns = readdirSync(join(root, "test/patterns")).filter((name) => name.endsWith(".yaml"))
const terminal = new Set(["session.done", "session.failed", "session.cancelled", "session.skipped"])

describe(`on Node and on Deno (${reading.join(" ")})`, { timeout: 120_000, concurrent: true }, () => {
  let home: string
  beforeAll(() => {
    home = realpathSync(mkdtempSync(join(tmpdir(), "fleet-cases-")))
    mkdirSync(join(home, "patterns"))
    for (const { code, wrong, mended } of pages) {
      for (const [folder, text] of [
        ["wrong", wrong],
        ["mended", mended],
      ] as const) {
        mkdirSync(join(home, folder, code), { recursive: true })
        writeFileSync(join(home, folder, code, "fleet.yaml"), text)
      }
    }
  })
  afterAll(() => rmSync(home, { recursive: true, force: true }))

  const checked = async (folder: string, examine: (found: ReadonlyArray<Found>) => void): Promise<void> => {
    const [node, deno] = await onBoth(home, reading, "check", folder, "--format", "json")
    expect(deno).toEqual(node)
    examine(JSON.parse(node.out).diagnostics)
  }

  it(`check finds in the wrong fleets of ${pages.length} pages what each is about`, () =>
    checked("wrong", (found) => {
      expect(pages.length).toBeGreaterThan(50)
      for (const { code } of pages) expect(found.filter(({ file }) => file.includes(`/${code}/`)).map((one) => one.code)).toContain(code)
    }))

  it("check finds no error in the mended ones", () => checked("mended", (found) => expect(found.filter(({ severity }) => severity === "error")).toEqual([])))

  it.each(["pretty", "sarif", "github"])("check writes %s", async (format) => {
    const [node, deno] = await onBoth(home, reading, "check", "wrong", "--format", format)
    expect(deno).toEqual(node)
    expect([node.code, node.err]).toEqual([1, ""])
  })

  it(`plays all ${patterns.length} patterns`, async () => {
    for (const name of patterns) cpSync(join(root, "test/patterns", name), join(home, "patterns", name))
    const files = patterns.map((name) => join("patterns", name))
    const [node, deno] = await Promise.all([
      nodeRun(home, "test/deno/play-patterns.ts", ...files),
      denoRun(home, reading, "test/deno/play-patterns.ts", ...files),
    ])
    expect(deno).toEqual(node)
    expect([node.code, node.err]).toEqual([0, ""])
    const played: ReadonlyArray<ReadonlyArray<{ readonly type: string; readonly session?: string; readonly status?: string }>> = node.out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
    expect(played).toHaveLength(patterns.length)
    for (const [at, name] of patterns.entries()) {
      const { status, settles } = (parse(readFileSync(join(root, "test/patterns", name), "utf8")) as { readonly ["x-expect"]: Expected })["x-expect"]
      const events = played[at] ?? []
      expect([name, events.flatMap(({ type, session }) => (terminal.has(type) ? [`${session} ${type.slice("session.".length)}`] : []))]).toEqual([
        name,
        settles,
      ])
      expect([name, events.at(-1)]).toEqual([name, expect.objectContaining({ type: "run.ended", status })])
    }
  })
})
