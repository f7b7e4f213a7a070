import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { builtinDrivers } from "../../plugins/index.ts"
import { geminiSettings } from "./gemini-settings.ts"
import { pathWith } from "./on-path.ts"
import { addressOf, endless, numbers, observedAt, realSuite, script } from "./real-agent.ts"

const shell = (command: string) => ({ tool: ["run_shell_command", { command, description: "a test" }] as const })
const { gemini } = builtinDrivers
if (gemini === undefined) throw new Error("there is no driver gemini")

await realSuite("gemini", (program, models) => ({
  name: "gemini",
  driver: gemini,
  timeoutMs: 90_000,
  context: (place) => {
    mkdirSync(join(place.home, ".gemini"), { recursive: true })
    writeFileSync(join(place.home, ".gemini/settings.json"), JSON.stringify(geminiSettings))
    return {
      config: {},
      env: {
        PATH: pathWith(place, "gemini", [process.execPath, program]),
        GEMINI_API_KEY: "key-of-no-account-0000",
        GOOGLE_GEMINI_BASE_URL: addressOf(models, place),
        GEMINI_CLI_TRUST_WORKSPACE: "true",
        GEMINI_CLI_NO_RELAUNCH: "true",
        GEMINI_MODEL: "gemini-2.5-flash",
      },
    }
  },
  // The prompt of a conversation comes with the system prompt before it.
  observed: (place) => {
    const { model } = observedAt(models, place)
    const last = models.seen.findLast(({ body }) => JSON.stringify(body).includes("suite: be"))
    const text = JSON.stringify(last?.body["contents"] ?? "")
    return {
      ...(model === undefined ? {} : { model }),
      ...(text.includes('suite: be \\"brief\\"\\nand kind') ? { systemPrompt: 'suite: be "brief"\nand kind' } : {}),
    }
  },
  scenes: {
    hello: script({ say: "hello from the agent" }),
    tool: script(shell("echo hi"), { say: "done" }),
    permission: script(shell("touch permitted.txt"), { say: "done" }),
    twice: script(shell("touch permitted.txt"), shell("touch permitted.txt"), { say: "done" }),
    hang: script(endless),
    orphan: script(shell("setsid sh -c 'echo $$ > orphan.pid; exec tail -f /dev/null'"), { say: "it ended" }),
    flood: script(numbers),
  },
  process: false,
}))
