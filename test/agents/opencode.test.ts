import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { builtinDrivers } from "../../plugins/index.ts"
import { pathWith } from "./on-path.ts"
import { openCodeConfig } from "./opencode-config.ts"
import { addressOf, endless, numbers, observedAt, realSuite, script } from "./real-agent.ts"

const bash = (command: string) => ({ tool: ["bash", { command, description: "a test" }] as const })

const { opencode } = builtinDrivers
if (opencode === undefined) throw new Error("there is no driver opencode")

await realSuite("opencode", (program, models) => ({
  name: "opencode",
  driver: { ...opencode, open: (context) => opencode.open({ ...context, ...(context.model === undefined ? {} : { model: `stand-in/${context.model}` }) }) },
  timeoutMs: 120_000,
  context: (place) => {
    const file = join(place.home, "opencode.json")
    writeFileSync(file, JSON.stringify(openCodeConfig(addressOf(models, place))))
    return {
      config: {},
      env: { PATH: pathWith(place, "opencode", [program]), OPENCODE_CONFIG: file, OPENCODE_DISABLE_MODELS_FETCH: "1", OPENCODE_DISABLE_AUTOUPDATE: "1" },
    }
  },
  observed: (place) => {
    const { model: used } = observedAt(models, place)
    const asked = models.seen.some(({ body }) => JSON.stringify(body).includes('suite: be \\"brief\\"\\nand kind'))
    return { ...(used === undefined ? {} : { model: used }), ...(asked ? { systemPrompt: 'suite: be "brief"\nand kind' } : {}) }
  },
  scenes: {
    hello: script({ say: "hello from the agent" }),
    tool: script(bash("echo hi"), { say: "done" }),
    permission: script(bash("touch permitted.txt"), { say: "done" }),
    twice: script(bash("touch permitted.txt"), bash("touch permitted.txt"), { say: "done" }),
    hang: script(endless),
    remember: `remember kiwi ${script({ say: "noted" })}`,
    recall: script({ recall: "remember (\\w+)" }),
    flood: script(numbers),
  },
  process: false,
}))
