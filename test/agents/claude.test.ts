import { claude } from "../../plugins/drivers/claude/index.ts"
import { addressOf, endless, numbers, observedAt, realSuite, script } from "./real-agent.ts"

const bash = (command: string) => ({ tool: ["Bash", { command }] as const })
const question = {
  question: "Which color?",
  header: "Color",
  multiSelect: false,
  options: [
    { label: "red", description: "warm" },
    { label: "blue", description: "cold" },
  ],
}

await realSuite("claude", (program, models) => ({
  name: "claude",
  driver: claude,
  timeoutMs: 60_000,
  context: (place) => ({
    config: { command: place.command([program]) },
    env: {
      ANTHROPIC_BASE_URL: addressOf(models, place),
      ANTHROPIC_API_KEY: "sk-of-no-account-0000",
      CLAUDE_CONFIG_DIR: place.home,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    },
  }),
  observed: (place) => observedAt(models, place),
  scenes: {
    hello: script({ say: "hello from the agent" }),
    tool: script(bash("echo hi"), { say: "done" }),
    permission: script(bash("touch permitted.txt"), { say: "done" }),
    twice: script(bash("touch permitted.txt"), bash("touch permitted.txt"), { say: "done" }),
    question: script({ tool: ["AskUserQuestion", { questions: [question] }] }, { echo: true }),
    queued: { prompt: script(bash("timeout 1 tail -f /dev/null; echo one"), { say: "nothing came" }), message: script({ say: "heard it" }) },
    hang: script(endless),
    orphan: script(bash("setsid sh -c 'echo $$ > orphan.pid; exec tail -f /dev/null'"), { say: "it ended" }),
    output: script({ tool: ["StructuredOutput", { answer: "42" }] }, { say: "done" }),
    loop: script(...Array.from({ length: 8 }, () => bash("echo hi")), { say: "done" }),
    remember: `remember kiwi ${script({ say: "noted" })}`,
    recall: script({ recall: "remember (\\w+)" }),
    flood: script(numbers),
  },
}))
