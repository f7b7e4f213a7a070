/** Whole fleets on the command line, with real agents against the stand-in. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { markedProcesses } from "#sdk"
import { describe, expect, it } from "vitest"
import { codexHome, ownTemporary } from "./codex-home.ts"
import { git, path, programOf, readEvents, reasonFor, run, titled } from "./fleet-place.ts"
import { script } from "./real-agent.ts"
import type { Step } from "./stand-in/script.ts"
import { startStandIn } from "./stand-in/server.ts"

describe("fleets of real agents", () => {
  const noClaude = reasonFor("claude")
  it.skipIf(noClaude !== undefined)(titled("the claude example finishes without an account", noClaude), async () => {
    const scratch = mkdtempSync(join(tmpdir(), "example-claude-"))
    const env = { CLAUDE_BIN: programOf("claude"), CLAUDE_CONFIG_DIR: scratch, ANTHROPIC_API_KEY: "", ANTHROPIC_AUTH_TOKEN: "", TMPDIR: scratch }
    const ran = await run([path("examples/claude/run.ts"), "--headless", "--events", join(scratch, "events.ndjson")], scratch, env)
    expect(ran).toMatchObject({ code: 0, err: "" })
    expect(ran.out).toContain("against a stand-in for the model, because nobody is signed in")
    const events = readEvents(join(scratch, "events.ndjson"))
    expect(events.at(-1)).toMatchObject({ type: "run.ended", status: "succeeded" })
    expect(
      events
        .filter(({ type }) => type === "session.done")
        .map(({ session = "" }) => session)
        .toSorted(),
    ).toEqual(["author", "editor", "editor", "reviewer", "reviewer", "tester"])
    const repository = /^in (\S+),/mu.exec(ran.out)?.[1] ?? ""
    const id = events[0]?.run ?? ""
    expect(git(repository, "show", `fleetwright/${id}/editor:slug.mjs`)).toContain("match(/[a-z0-9]+/g)")
    expect(git(repository, "status", "--porcelain")).toBe("")
    expect(markedProcesses(id)).toEqual([])
    rmSync(scratch, { recursive: true, force: true })
  })

  const missing = reasonFor("claude", "codex")
  it.skipIf(missing !== undefined)(titled("claude, codex and a command work on each other's branches", missing), async () => {
    const repository = mkdtempSync(join(tmpdir(), "fleet-mixed-"))
    const home = mkdtempSync(join(tmpdir(), "fleet-mixed-home-"))
    const models = await startStandIn()
    const prompt = (...steps: ReadonlyArray<Step>): string => JSON.stringify(script(...steps)).replaceAll("${", "\\${")
    writeFileSync(
      join(repository, "fleet.yaml"),
      `fleet:
  name: mixed
  base_branch: main
  task: ${prompt({ tool: ["Bash", { command: "echo claude > claude.txt" }] }, { say: "written" })}
  permissions: allow
  budget: { usd: 1, wall: 5m }
  sessions:
    first: { driver: claude }
    second: { driver: codex, price: { input: 1, output: 10 } }
    third: { driver: shell, command: [sh, -c, "cat claude.txt codex.txt"] }
  start: first
  routes: |
    on first.done -> second with ${prompt({ tool: ["exec_command", { cmd: "cat claude.txt && echo codex > codex.txt" }] }, { say: "added" })}
    on second.done -> third
    on third.done -> complete
`,
    )
    writeFileSync(join(home, "config.toml"), codexHome(models.url, "OPENAI_API_KEY"))
    git(repository, "init", "-q", "-b", "main")
    git(repository, "add", ".")
    git(repository, "commit", "-q", "-m", "start")
    const ran = await run([path("cli/bin.cjs"), "run", "fleet.yaml", "--headless", "--events", "events.ndjson"], repository, {
      CLAUDE_BIN: programOf("claude"),
      CLAUDE_CONFIG_DIR: home,
      ANTHROPIC_BASE_URL: models.url,
      ANTHROPIC_API_KEY: "sk-of-no-account-0000",
      CODEX_BIN: programOf("codex"),
      CODEX_HOME: home,
      TMPDIR: ownTemporary(home),
      OPENAI_API_KEY: "sk-of-no-account-0000",
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    })
    await models.close()
    expect(ran).toMatchObject({ code: 0, err: "" })
    const events = readEvents(join(repository, "events.ndjson"))
    expect(events.findLast(({ type, session }) => type === "session.done" && session === "third")?.text).toBe("claude\ncodex")
    expect(events.at(-1)).toMatchObject({ type: "run.ended", status: "succeeded" })
    expect(markedProcesses(events[0]?.run ?? "")).toEqual([])
    for (const folder of [repository, home]) rmSync(folder, { recursive: true, force: true })
  })
})
