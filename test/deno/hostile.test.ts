/** Plugins that block, end their thread or use up its memory on Deno: the run goes on, and the process ends. */
import { copyFileSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { denoRun, root } from "./both-runtimes.ts"

let home: string
beforeAll(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), "deno-hostile-")))
  copyFileSync(join(root, "test/plugins/hostile.mjs"), join(home, "hostile.mjs"))
  writeFileSync(join(home, "leaves.mjs"), "process.exit(0)\n")
})
afterAll(() => rmSync(home, { recursive: true, force: true }))

const fleet = (sessions: string, more = ""): string =>
  `fleet:\n  workspace: none\n  task: go\n  permissions: allow\n  plugins: [./hostile.mjs]\n${more}  sessions: { ${sessions}, b: { driver: shell, command: [echo, fine] } }\n  start: [a, b]\n`
const shell = "a: { driver: shell, command: [echo, first] }"
const config = (at: string, what: string): string => `{ at: ${at}, what: ${what} }`

describe("on Deno, a run with", { concurrent: true }, () => {
  it.each([
    ["a policy of the fleet that hangs", fleet(shell, `  policies: [{ use: hostile, with: ${config("decide", "hang")} }]\n`), 2, "it takes longer than 300 ms"],
    [
      "a session whose policy blocks",
      fleet(shell.replace(" }", `, policies: [{ use: hostile, with: ${config("decide", "spin")} }] }`)),
      1,
      "takes longer than 300 ms",
    ],
    [
      "a sink that ends its thread",
      fleet(shell, `  sinks: [{ use: hostile, with: ${config("write", "exit")} }]\n`),
      0,
      "it ends its thread, as process.exit does (write of run.started)",
    ],
    ["a sink that uses up its memory", fleet(shell, `  sinks: [{ use: hostile, with: ${config("close", "memory")} }]\n`), 0, "a: done, first"],
    [
      "a sink that throws in a timer",
      fleet(shell, `  sinks: [{ use: hostile, with: ${config("write", "timer")} }]\n`),
      0,
      "an error that nobody waits for: in a timer; the run goes on",
    ],
    [
      "a driver that leaves its agent alone",
      fleet("a: { driver: hostile, at: open, what: leave }"),
      1,
      'it ends its thread, as process.exit does (open for session "a")',
    ],
  ])("%s", async (what, text, code, says) => {
    const file = `${what.replaceAll(" ", "-")}.yaml`
    writeFileSync(join(home, file), text)
    const ran = await denoRun(home, ["-A"], "cli/main.ts", "run", file, "--ephemeral", "--headless")
    expect([ran.code, ran.out + ran.err]).toEqual([code, expect.stringContaining(says)])
    if (code !== 2) expect(ran.out).toContain("b: done, fine")
  })

  it("a plugin that ends the process when it is imported: it could not be loaded", async () => {
    writeFileSync(join(home, "leaves.yaml"), "fleet:\n  workspace: none\n  plugins: [./leaves.mjs]\n  sessions: { a: { driver: scripted } }\n  start: a\n")
    const { code, out } = await denoRun(home, ["-A"], "cli/main.ts", "check", "leaves.yaml")
    expect([code, out]).toEqual([1, expect.stringContaining('plugin "./leaves.mjs" could not be loaded: it ends its thread')])
  })
})
