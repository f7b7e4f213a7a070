/** Cedar's engine under Deno: what has to be granted is the fleet, and where the engine is. */
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { onDeno, root } from "./both-runtimes.ts"

const home = realpathSync(mkdtempSync(join(tmpdir(), "fleet-cedar-")))
afterAll(() => rmSync(home, { recursive: true, force: true }))
writeFileSync(
  join(home, "fleet.yaml"),
  "fleet:\n  workspace: none\n  policies: [{ use: cedar, with: { policies: ./rules.cedar } }]\n  sessions: { a: { driver: scripted } }\n  start: a\n",
)
writeFileSync(join(home, "rules.cedar"), 'permit(principal, action == Action::"tool", resource == Tool::"Bash");')

const env = "--allow-env=LOG_TOKENS,LOG_STREAM,NO_COLOR,TERM"
const engine = join(root, "node_modules/@cedar-policy/cedar-wasm/nodejs")

describe("cedar on Deno", { timeout: 60_000 }, () => {
  it("checks policies with no more than that", () => {
    const { code, out, err } = onDeno(home, [`--allow-read=.,${engine}`, env], "cli/main.ts", "compile", "fleet.yaml")
    expect([code, err]).toEqual([0, expect.not.stringContaining("error")])
    expect(out).toContain("Tool::")
  })

  it("says what is withheld", () => {
    const { code, out } = onDeno(home, ["--allow-read=.", env], "cli/main.ts", "check", "fleet.yaml")
    expect(code).toBe(1)
    expect(out).toContain("Deno withholds Cedar's engine")
  })
})
