/** Real agents in a sandbox, against the stand-in: what a fleet has to name for them, and that they see nothing else. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"
import { markedProcesses } from "#sdk"
import { afterAll, describe, expect, it } from "vitest"
import { bwrapProblem } from "#runtime/platform/bwrap.ts"
import { codexHome, ownTemporary } from "./codex-home.ts"
import { git, path, programOf, readEvents, reasonFor, run, titled } from "./fleet-place.ts"
import { script } from "./real-agent.ts"
import type { Step } from "./stand-in/script.ts"
import { startStandIn } from "./stand-in/server.ts"

const noSandbox = await bwrapProblem(process.env)
const models = await startStandIn()
// below the home of whoever runs the tests: what is below /tmp is the sandbox's own
const place = mkdtempSync(join(homedir(), ".fleet-sandboxed-"))
afterAll(async () => {
  rmSync(place, { recursive: true, force: true, maxRetries: 5 })
  await models.close()
})

const prompt = (...steps: ReadonlyArray<Step>): string => JSON.stringify(script(...steps)).replaceAll("${", "\\${")

const play = async (name: string, session: string, task: string, env: { readonly [name: string]: string }) => {
  const repository = join(place, name)
  mkdirSync(repository)
  writeFileSync(
    join(repository, "fleet.yaml"),
    `fleet:
  base_branch: main
  task: ${task}
  permissions: allow
  budget: { turns: 3, usd: 1 }
  sessions:
    worker: ${session}
  start: worker
`,
  )
  git(repository, "init", "-q", "-b", "main")
  git(repository, "add", ".")
  git(repository, "commit", "-q", "-m", "start")
  const ran = await run([path("cli/bin.cjs"), "run", "fleet.yaml", "--headless", "--events", "events.ndjson"], repository, env)
  const events = readEvents(join(repository, "events.ndjson"))
  const id = events[0]?.run ?? ""
  expect(markedProcesses(id)).toEqual([])
  return {
    ran,
    text: events.findLast(({ type }) => type === "session.done")?.text,
    made: () => git(repository, "show", `fleetwright/${id}/worker:made.txt`).trim(),
  }
}

describe("real agents in bwrap", { concurrent: true }, () => {
  writeFileSync(join(place, "secret"), "the keys")
  const look = `{ cat ${join(place, "secret")} 2>/dev/null || echo "no secret"; } > made.txt`

  const noClaude = noSandbox ?? reasonFor("claude")
  it.skipIf(noClaude !== undefined)(
    titled("claude finishes its turn with its settings to write and its service to reach, through the proxy", noClaude),
    async () => {
      const home = join(place, "claude-home")
      mkdirSync(home)
      const env = {
        CLAUDE_BIN: programOf("claude"),
        CLAUDE_CONFIG_DIR: home,
        ANTHROPIC_BASE_URL: models.url,
        ANTHROPIC_API_KEY: "sk-of-no-account-0000",
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
      }
      const task = prompt({ tool: ["Bash", { command: look }] }, { say: "written" })
      const { ran, text, made } = await play(
        "claude",
        `{ driver: claude, sandbox: { use: bwrap, net: [${JSON.stringify(new URL(models.url).host)}], write: [${JSON.stringify(home)}] } }`,
        task,
        env,
      )
      expect(ran).toMatchObject({ code: 0, err: "" })
      expect([text, made()]).toEqual(["written", "no secret"])
    },
  )

  const noCodex = noSandbox ?? reasonFor("codex")
  it.skipIf(noCodex !== undefined)(titled("codex does too, its own sandbox left to ours", noCodex), async () => {
    const home = join(place, "codex-home")
    mkdirSync(home)
    writeFileSync(join(home, "config.toml"), codexHome(models.url, "OPENAI_API_KEY"))
    const env = { CODEX_BIN: programOf("codex"), CODEX_HOME: home, TMPDIR: ownTemporary(place), OPENAI_API_KEY: "sk-of-no-account-0000" }
    const task = prompt({ tool: ["exec_command", { cmd: look }] }, { say: "written" })
    const session = `{ driver: codex, price: { input: 1, output: 10 }, sandbox: { use: bwrap, net: [${JSON.stringify(new URL(models.url).host)}], write: [${JSON.stringify(home)}] } }`
    const { ran, text, made } = await play("codex", session, task, env)
    expect(ran).toMatchObject({ code: 0, err: "" })
    expect([text, made()]).toEqual(["written", "no secret"])
  })
})
