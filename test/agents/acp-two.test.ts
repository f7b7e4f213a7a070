/** Version 2 of ACP by the adapters that speak it already: those of Claude Code and of Codex. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { acp } from "../../plugins/drivers/acp/index.ts"
import { codexHome, ownTemporary } from "./codex-home.ts"
import { inPlace, ofKind, playTurn } from "../../plugins/sdk/testing/suite-place.ts"
import type { DriverFixture } from "../../plugins/sdk/testing/index.ts"
import { programOf, reasonFor, titled } from "./fleet-place.ts"
import { addressOf, cannotBeHad, endless, numbers, realSuite, script } from "./real-agent.ts"
import type { Step } from "./stand-in/script.ts"
import { startStandIn, type StandIn } from "./stand-in/server.ts"

const scenes = (runs: (command: string) => Step) => ({
  hello: script({ say: "hello from the agent" }),
  tool: script(runs("echo hi"), { say: "done" }),
  permission: script(runs("touch permitted.txt"), { say: "done" }),
  twice: script(runs("touch permitted.txt"), runs("touch permitted.txt"), { say: "done" }),
  hang: script(endless),
  remember: `remember kiwi ${script({ say: "noted" })}`,
  recall: script({ recall: "remember (\\w+)" }),
  flood: script(numbers),
})

const without = (agent: string): void => cannotBeHad(agent, reasonFor(agent) ?? "")

if (reasonFor("claude") !== undefined) without("claude")
else
  await realSuite("claude-agent-acp", (program, models) => ({
    name: "claude-agent-acp",
    // which models there are the service says
    driver: { ...acp, capabilities: { ...acp.capabilities, model: false, systemPrompt: false } },
    timeoutMs: 90_000,
    context: (place) => ({
      config: { target: process.execPath, args: [program], protocol: "2" },
      env: {
        CLAUDE_CODE_EXECUTABLE: programOf("claude"),
        ANTHROPIC_BASE_URL: addressOf(models, place),
        ANTHROPIC_API_KEY: "sk-of-no-account-0000",
        CLAUDE_CONFIG_DIR: place.home,
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
      },
    }),
    scenes: scenes((command) => ({ tool: ["Bash", { command }] })),
    process: false,
  }))

const escalated = (cmd: string): Step => ({ tool: ["exec_command", { cmd, sandbox_permissions: "require_escalated", justification: "a test" }] })

/** A tool that is denied ends its turn: the only no that it offers is Codex's own, which stops. So that is tried below. */
const codexAcp = (program: string, models: StandIn): DriverFixture => {
  const { twice: _twice, ...most } = scenes(escalated)
  return {
    name: "codex-acp",
    driver: { ...acp, capabilities: { ...acp.capabilities, model: false, systemPrompt: false, permission: false } },
    timeoutMs: 90_000,
    context: (place) => {
      mkdirSync(join(place.home, "codex"), { recursive: true })
      writeFileSync(join(place.home, "codex/config.toml"), codexHome(addressOf(models, place)))
      return {
        config: { target: process.execPath, args: [program], protocol: "2" },
        env: {
          CODEX_PATH: programOf("codex"),
          CODEX_HOME: join(place.home, "codex"),
          TMPDIR: ownTemporary(place.home),
          STAND_IN_KEY: "sk-of-no-account-0000",
          NO_BROWSER: "1",
        },
      }
    },
    scenes: most,
    process: false,
  }
}

if (reasonFor("codex") !== undefined) without("codex")
else {
  await realSuite("codex-acp", codexAcp)
  const missing = reasonFor("codex-acp")
  describe.skipIf(missing !== undefined)(titled("permissions of codex-acp", missing), { concurrent: true }, () => {
    it.each([
      ["allow_once", "end_turn", true],
      ["deny", "cancelled", false],
    ])("%s: its turn ends with %s", async (reply, stop, ran) => {
      const models = await startStandIn()
      await inPlace(codexAcp(programOf("codex-acp"), models), "permission", async ({ open, scenes: { permission = "" }, place }) => {
        const session = await open()
        await session.prompt(permission)
        const turn = await playTurn(session, reply)
        expect(turn.end.end).toEqual({ stop })
        expect(ofKind(turn, "cap.permission.request")).toMatchObject([{ tool: "execute", intent: { command: "touch permitted.txt" } }])
        expect(existsSync(join(place.directory, "permitted.txt"))).toBe(ran)
      })
      await models.close()
    })
  })
}
