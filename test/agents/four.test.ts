/** One fleet of four agents of different makers, each in a worktree of its own, against the stand-in. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { markedProcesses } from "#sdk"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { codexHome, ownTemporary } from "./codex-home.ts"
import { git, path, programOf, readEvents, reasonFor, run, titled, type Event } from "./fleet-place.ts"
import { geminiSettings } from "./gemini-settings.ts"
import { openCodeConfig } from "./opencode-config.ts"
import { script } from "./real-agent.ts"
import type { Step } from "./stand-in/script.ts"
import { startStandIn, type StandIn } from "./stand-in/server.ts"

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`

/** Tasks as scripts; `${…}` in `before` is the fleet's own. */
const prompt = (before: string, ...steps: ReadonlyArray<Step>): string =>
  JSON.stringify(`BEFORE${script(...steps)}`)
    .replaceAll("${", "\\${")
    .replace("BEFORE", before)
const claudeRuns = (command: string): Step => ({ tool: ["Bash", { command }] })
const codexRuns = (cmd: string): Step => ({ tool: ["exec_command", { cmd }] })
const geminiRuns = (command: string): Step => ({ tool: ["run_shell_command", { command, description: "a test" }] })
const openCodeRuns = (command: string): Step => ({ tool: ["bash", { command, description: "a test" }] })

const fleet = `fleet:
  name: four
  base_branch: main
  task: ${prompt("Plan it. ", claudeRuns("cp seed.txt claude.txt"), { say: "planned" })}
  permissions: allow
  policies:
    - { use: shell-rules, with: { allow: ["cp *"], deny: ["rm *"] } }
  budget: { usd: 1, wall: 10m }
  sessions:
    architect: { driver: claude }
    builder: { driver: codex, price: { input: 1, output: 10 } }
    tester: { driver: gemini }
    scribe: { driver: opencode, from: builder, env: { OPENCODE_CONFIG: $OPENCODE_CONFIG, OPENCODE_DISABLE_MODELS_FETCH: "1" } }
  start: architect
  outputs: { text: scribe.text }
  routes: |
    on architect.done -> builder with ${prompt("${architect.text}: ", codexRuns("cp claude.txt codex.txt"), { say: "built" })}
    on architect.done -> tester with ${prompt("${architect.text}: ", geminiRuns("cp claude.txt gemini.txt"), geminiRuns("rm claude.txt"), { say: "tested" })}
    on all(builder.done, tester.done) -> scribe with ${prompt("${builder.text} and ${tester.text}: ", openCodeRuns("cp codex.txt opencode.txt"), { say: "written down" })}
    on scribe.done -> complete
`

const sessions = ["architect", "builder", "tester", "scribe"]
const missing = reasonFor("claude", "codex", "gemini", "opencode")

describe.skipIf(missing !== undefined)(titled("four different agents", missing), () => {
  let models: StandIn
  let repository: string
  let home: string
  let events: ReadonlyArray<Event> = []
  let id = ""

  beforeAll(async () => {
    models = await startStandIn()
    repository = mkdtempSync(join(tmpdir(), "fleet-four-"))
    home = mkdtempSync(join(tmpdir(), "fleet-four-home-"))
    for (const folder of ["bin", "codex", ".gemini", "claude"]) mkdirSync(join(home, folder))
    for (const [name, command] of [
      ["gemini", [process.execPath, programOf("gemini")]],
      ["opencode", [programOf("opencode")]],
    ] as const) {
      writeFileSync(join(home, "bin", name), `#!/bin/sh\nexec ${command.map(quoted).join(" ")} "$@"\n`)
      chmodSync(join(home, "bin", name), 0o755)
    }
    writeFileSync(join(home, "codex/config.toml"), codexHome(models.url, "OPENAI_API_KEY"))
    writeFileSync(join(home, ".gemini/settings.json"), JSON.stringify(geminiSettings))
    writeFileSync(join(home, "opencode.json"), JSON.stringify(openCodeConfig(models.url)))
    writeFileSync(join(repository, "fleet.yaml"), fleet)
    writeFileSync(join(repository, "seed.txt"), "seed\n")
    git(repository, "init", "-q", "-b", "main")
    git(repository, "add", ".")
    git(repository, "commit", "-q", "-m", "start")
    const key = "sk-of-no-account-0000"
    const ran = await run([path("cli/bin.cjs"), "run", "fleet.yaml", "--headless", "--events", join(home, "events.ndjson")], repository, {
      HOME: home,
      PATH: `${join(home, "bin")}:${process.env["PATH"] ?? ""}`,
      CLAUDE_BIN: programOf("claude"),
      CLAUDE_CONFIG_DIR: join(home, "claude"),
      ANTHROPIC_BASE_URL: models.url,
      ANTHROPIC_API_KEY: key,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
      CODEX_BIN: programOf("codex"),
      CODEX_HOME: join(home, "codex"),
      TMPDIR: ownTemporary(home),
      OPENAI_API_KEY: key,
      GEMINI_API_KEY: key,
      GOOGLE_GEMINI_BASE_URL: models.url,
      GEMINI_CLI_TRUST_WORKSPACE: "true",
      GEMINI_MODEL: "gemini-2.5-flash",
      OPENCODE_CONFIG: join(home, "opencode.json"),
    })
    expect(ran).toMatchObject({ code: 0, err: "" })
    events = readEvents(join(home, "events.ndjson"))
    id = events[0]?.run ?? ""
  }, 300_000)

  afterAll(async () => {
    await models.close()
    for (const folder of [repository, home]) rmSync(folder, { recursive: true, force: true })
  })

  it("finish, each once, and the last hears what two before it said", () => {
    expect(events.at(-1)).toMatchObject({ type: "run.ended", status: "succeeded", outputs: { text: "written down" } })
    const done = events.filter(({ type }) => type === "session.done").map(({ session = "" }) => session)
    expect(done.toSorted()).toEqual(sessions.toSorted())
    expect(done.at(-1)).toBe("scribe")
    expect(events.find(({ type, session }) => type === "turn.started" && session === "scribe")?.prompt).toMatch(/^built and tested: /u)
    expect(new Set(models.seen.map(({ wire }) => wire))).toEqual(new Set(["anthropic", "responses", "gemini"]))
  })

  it("work in worktrees of their own, on what the one before left", () => {
    const places = events.flatMap(({ type, workspace }) => (type === "session.started" && workspace !== undefined ? [workspace.path] : []))
    expect(new Set(places).size).toBe(sessions.length)
    const files = (session: string): string =>
      git(repository, "ls-tree", "--name-only", `fleetwright/${id}/${session}`)
        .replaceAll(/fleet\.yaml\n|seed\.txt\n/gu, "")
        .trim()
    expect(sessions.map(files)).toEqual(["claude.txt", "claude.txt\ncodex.txt", "claude.txt\ngemini.txt", "claude.txt\ncodex.txt\nopencode.txt"])
    expect(git(repository, "status", "--porcelain")).toBe("")
  })

  it("ask before they act, and policies answer: what is denied does not happen", () => {
    const decided = (effect: string): ReadonlyArray<string> =>
      [...new Set(events.filter((event) => event.pack === "shell-rules" && event.effect === effect).map(({ session = "" }) => session))].toSorted()
    expect(decided("allow")).toEqual(sessions.toSorted())
    expect(decided("deny")).toEqual(["tester"])
    expect(events.filter(({ type }) => type === "request.opened")).toEqual([])
  })

  it("cost what their turns cost together", () => {
    const latest = new Map(
      events.flatMap(({ type, scope, usd = 0, tokens = 0 }) => (type === "budget.updated" && scope !== undefined ? [[scope, { usd, tokens }] as const] : [])),
    )
    const total = events.at(-1)?.usage ?? { usd: 0, tokens: 0 }
    const each = sessions.map((session) => latest.get(session) ?? { usd: 0, tokens: 0 })
    expect(each.every(({ tokens }) => tokens > 0)).toBe(true)
    expect(each.reduce((sum, { tokens }) => sum + tokens, 0)).toBe(total.tokens)
    expect(each.reduce((sum, { usd }) => sum + usd, 0)).toBeCloseTo(total.usd, 9)
    expect(total.usd).toBeGreaterThan(0)
  })

  it("leave no process and no worktree", () => {
    expect(markedProcesses(id)).toEqual([])
    expect(git(repository, "worktree", "list").trim().split("\n")).toHaveLength(1)
    expect(existsSync(join(repository, ".fleetwright/worktrees", id))).toBe(false)
  })
})
