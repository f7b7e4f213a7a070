import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"
import { codex } from "../../plugins/drivers/codex/index.ts"
import { openTestSession } from "../../plugins/sdk/testing/index.ts"
import { ofKind, playTurn } from "../../plugins/sdk/testing/suite-place.ts"
import { codexHome, ownTemporary } from "./codex-home.ts"
import { programOf, reasonFor, titled } from "./fleet-place.ts"
import { addressOf, endless, numbers, observedAt, realSuite, script } from "./real-agent.ts"
import { startStandIn } from "./stand-in/server.ts"

const asking = `
[mcp_servers.asking]
command = ${JSON.stringify(process.execPath)}
args = [${JSON.stringify(fileURLToPath(new URL("asking-server.mjs", import.meta.url)))}]
`

const exec = (cmd: string) => ({ tool: ["exec_command", { cmd }] as const })

await realSuite("codex", (program, models) => ({
  name: "codex",
  driver: codex,
  timeoutMs: 60_000,
  context: (place) => {
    writeFileSync(join(place.home, "config.toml"), codexHome(addressOf(models, place)) + asking)
    return {
      config: { command: place.command([program]) },
      env: { CODEX_HOME: place.home, TMPDIR: ownTemporary(place.home), STAND_IN_KEY: "sk-of-no-account-0000" },
    }
  },
  observed: (place) => observedAt(models, place),
  // Its own tool for questions is there in its plan mode only: a server of MCP asks.
  scenes: {
    hello: script({ say: "hello from the agent" }),
    tool: script(exec("ls"), { say: "done" }),
    permission: script(exec("touch permitted.txt"), { say: "done" }),
    twice: script(exec("touch permitted.txt"), exec("touch permitted.txt"), { say: "done" }),
    question: script({ tool: ["mcp__asking/ask", {}] }, { echo: true }),
    queued: { prompt: script(exec("timeout 1 tail -f /dev/null; echo one"), { say: "nothing came" }), message: script({ say: "heard it" }) },
    hang: script(endless),
    orphan: script(exec("setsid sh -c 'echo $$ > orphan.pid; exec tail -f /dev/null'"), { say: "it ended" }),
    output: script({ say: '{"answer":"42"}' }),
    remember: `remember kiwi ${script({ say: "noted" })}`,
    recall: script({ recall: "remember (\\w+)" }),
    flood: script(numbers),
  },
}))

const noCodex = reasonFor("codex")
describe.skipIf(noCodex !== undefined)(titled("tools of servers of MCP in codex itself", noCodex), () => {
  it.each([
    ["allow_once", 2, "acted"],
    ["allow_always", 1, "acted"],
    ["deny", 2, "rejected"],
  ])("are asked about: %s", async (reply, asks, said) => {
    const [home, directory] = ["codex-mcp-home-", "codex-mcp-"].map((name) => mkdtempSync(join(tmpdir(), name)))
    if (home === undefined || directory === undefined) throw new Error("no place")
    const models = await startStandIn()
    mkdirSync(join(home, "codex"))
    writeFileSync(join(home, "codex/config.toml"), codexHome(models.url) + asking)
    const session = await openTestSession(codex, {
      run: home,
      session: "a",
      directory,
      permissions: "ask",
      config: { command: [programOf("codex")] },
      env: {
        PATH: process.env["PATH"] ?? "",
        HOME: home,
        CODEX_HOME: join(home, "codex"),
        TMPDIR: ownTemporary(home),
        STAND_IN_KEY: "sk-of-no-account-0000",
        FLEET_RUN: home,
        FLEET_SESSION: "a",
      },
    })
    const act = { tool: ["mcp__asking/act", {}] as const }
    await session.prompt(script(act, act, { echo: true }))
    const turn = await playTurn(session, reply)
    expect(ofKind(turn, "cap.permission.request")).toMatchObject(Array.from({ length: asks }, () => ({ tool: "asking/act", intent: {}, risk_level: "medium" })))
    expect(turn.end).toMatchObject({ end: { stop: "end_turn" }, text: expect.stringContaining(said) })
    await session.close()
    await models.close()
    for (const folder of [home, directory]) rmSync(folder, { recursive: true, force: true })
  })
})
