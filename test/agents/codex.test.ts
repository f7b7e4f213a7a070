import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { codex } from "../../plugins/drivers/codex/index.ts"
import { codexHome, ownTemporary } from "./codex-home.ts"
import { addressOf, endless, numbers, observedAt, realSuite, script } from "./real-agent.ts"

const exec = (cmd: string) => ({ tool: ["exec_command", { cmd }] as const })

await realSuite("codex", (program, models) => ({
  name: "codex",
  driver: codex,
  timeoutMs: 60_000,
  context: (place) => {
    writeFileSync(join(place.home, "config.toml"), codexHome(addressOf(models, place)))
    return {
      config: { command: place.command([program]) },
      env: { CODEX_HOME: place.home, TMPDIR: ownTemporary(place.home), STAND_IN_KEY: "sk-of-no-account-0000" },
    }
  },
  observed: (place) => observedAt(models, place),
  // Its tool for questions is there in its plan mode only.
  scenes: {
    hello: script({ say: "hello from the agent" }),
    tool: script(exec("ls"), { say: "done" }),
    permission: script(exec("touch permitted.txt"), { say: "done" }),
    twice: script(exec("touch permitted.txt"), exec("touch permitted.txt"), { say: "done" }),
    queued: { prompt: script(exec("timeout 1 tail -f /dev/null; echo one"), { say: "nothing came" }), message: script({ say: "heard it" }) },
    hang: script(endless),
    orphan: script(exec("setsid sh -c 'echo $$ > orphan.pid; exec tail -f /dev/null'"), { say: "it ended" }),
    output: script({ say: '{"answer":"42"}' }),
    remember: `remember kiwi ${script({ say: "noted" })}`,
    recall: script({ recall: "remember (\\w+)" }),
    flood: script(numbers),
  },
}))
