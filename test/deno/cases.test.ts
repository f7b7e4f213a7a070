/** Black-box cases: the same command line on Node and on Deno, with no more than the README grants, says the same to the byte, and what it should. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { parse } from "yaml"
import { codes } from "../../compiler/diagnostics/index.ts"
import { onBoth, reading, root } from "./both-runtimes.ts"

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
  readonly script?: unknown
}

/** Every third: two processes each. */
const patterns = readdirSync(join(root, "test/patterns"))
  .filter((name) => name.endsWith(".yaml"))
  .filter((_, index) => index % 3 === 0)
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

  it.each(patterns)("simulate plays pattern %s", async (name) => {
    const text = readFileSync(join(root, "test/patterns", name), "utf8")
    const { status, settles, script } = (parse(text) as { readonly "x-expect": Expected })["x-expect"]
    const at = (suffix: string): string => join("patterns", `${name}${suffix}`)
    writeFileSync(join(home, at("")), text)
    writeFileSync(join(home, at(".script")), JSON.stringify(script ?? {}))
    const [node, deno] = await onBoth(home, reading, "simulate", at(""), "--script", at(".script"))
    expect(deno).toEqual(node)
    const events: ReadonlyArray<{ readonly type: string; readonly session?: string; readonly status?: string }> = node.out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
    expect(events.flatMap(({ type, session }) => (terminal.has(type) ? [`${session} ${type.slice("session.".length)}`] : []))).toEqual(settles)
    expect(events.at(-1)).toMatchObject({ type: "run.ended", status })
  })
})
