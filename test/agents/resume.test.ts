/** Real agents whose fleet was killed in the middle of a turn: the next process takes up their conversation, and does not begin another. */
import { spawn } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { markedProcesses } from "#sdk"
import { describe, expect, it, vi } from "vitest"
import { codexHome, ownTemporary } from "./codex-home.ts"
import { path, programOf, readEvents, reasonFor, run, titled } from "./fleet-place.ts"
import { script } from "./real-agent.ts"
import type { Step } from "./stand-in/script.ts"
import { startStandIn } from "./stand-in/server.ts"

/** The first time it never ends. */
const command = "test -f begun && echo again || { touch begun; tail -f /dev/null; }"

const agents: {
  readonly [agent: string]: { readonly step: Step; readonly session: string; readonly env: (home: string, url: string) => { readonly [name: string]: string } }
} = {
  claude: {
    step: { tool: ["Bash", { command }] },
    session: "{ driver: claude }",
    env: (home, url) => ({
      CLAUDE_BIN: programOf("claude"),
      CLAUDE_CONFIG_DIR: home,
      ANTHROPIC_BASE_URL: url,
      ANTHROPIC_API_KEY: "sk-of-no-account-0000",
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    }),
  },
  codex: {
    step: { tool: ["exec_command", { cmd: command }] },
    session: "{ driver: codex, price: { input: 1, output: 10 } }",
    env: (home, url) => {
      writeFileSync(join(home, "config.toml"), codexHome(url, "OPENAI_API_KEY"))
      return { CODEX_BIN: programOf("codex"), CODEX_HOME: home, TMPDIR: ownTemporary(home), OPENAI_API_KEY: "sk-of-no-account-0000" }
    },
  },
}

describe("a run that is killed while an agent works", { concurrent: true }, () => {
  for (const [name, { step, session, env: envFor }] of Object.entries(agents)) {
    const missing = reasonFor(name)
    it.skipIf(missing !== undefined)(titled(`goes on in the same conversation of ${name}`, missing), async () => {
      const place = mkdtempSync(join(tmpdir(), `fleet-killed-${name}-`))
      const [work, home] = [join(place, "work"), join(place, "home")]
      for (const folder of [work, home]) mkdirSync(folder)
      const models = await startStandIn()
      const task = JSON.stringify(script(step, { say: "done at last" })).replaceAll("${", "\\${")
      writeFileSync(
        join(work, "fleet.yaml"),
        `fleet:\n  task: ${task}\n  permissions: allow\n  workspace: none\n  budget: { usd: 1, wall: 5m }\n  sessions:\n    worker: ${session}\n  start: worker\n`,
      )
      const env = envFor(home, models.url)
      const events = join(place, "events.ndjson")
      const first = spawn(process.execPath, [path("cli/bin.cjs"), "run", "fleet.yaml", "--headless", "--events", events], {
        cwd: work,
        env: { ...process.env, ...env },
        stdio: "ignore",
      })
      const gone = new Promise((done) => {
        first.on("close", done)
      })
      await vi.waitFor(() => expect(existsSync(join(work, "begun"))).toBe(true), { timeout: 60_000, interval: 100 })
      const [begun] = readEvents(events)
      const id = begun?.run ?? ""
      first.kill("SIGKILL")
      await gone
      expect(markedProcesses(id)).not.toEqual([])
      const asked = models.seen.length
      const ran = await run([path("cli/bin.cjs"), "resume", id, "--headless", "--events", join(place, "more.ndjson")], work, env)
      await models.close()
      expect(ran).toMatchObject({ code: 0 })
      const more = readEvents(join(place, "more.ndjson"))
      expect(more.findLast(({ type }) => type === "session.done")?.text).toContain("done at last")
      expect(more.at(-1)).toMatchObject({ type: "run.ended", status: "succeeded" })
      // what is asked of the model now begins with what was said before the kill
      const told = JSON.stringify(models.seen[asked]?.body)
      expect(told.split("done at last").length - 1).toBe(2)
      expect(markedProcesses(id)).toEqual([])
      expect(readFileSync(join(work, "begun"), "utf8")).toBe("")
      rmSync(place, { recursive: true, force: true, maxRetries: 5 })
    })
  }
})
