/** The built-in drivers as the suite is given them, each with an agent that is small. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { DriverContext } from "#sdk"
import { claude } from "../../../plugins/drivers/claude/index.ts"
import { codex } from "../../../plugins/drivers/codex/index.ts"
import { okTurn } from "../../../plugins/drivers/scripted/script.ts"
import { shell } from "../../../plugins/drivers/shell/index.ts"
import { makeScripted, type Script } from "../../../plugins/index.ts"
import type { DriverFixture, Observed, Place, Scenes } from "../../../plugins/sdk/testing/index.ts"

/** Scenes of the small agents, whose prompts are the scenes' names. */
export const smallScenes: Scenes = {
  hello: "hello",
  tool: "tool",
  permission: "permission",
  withdrawn: "withdrawn",
  twice: "twice",
  question: "question",
  queued: { prompt: "queued", message: "go on" },
  hang: "hang",
  orphan: "orphan",
  output: "output",
  loop: "loop",
  remember: "remember kiwi",
  recall: "recall",
  flood: "flood",
}

export const smallAgent = (name: string): ReadonlyArray<string> => [process.execPath, fileURLToPath(new URL(`agents/${name}.mjs`, import.meta.url))]

/** What a small agent wrote down of what it was given. */
export const given = ({ home }: Place): Observed => JSON.parse(readFileSync(join(home, "given.json"), "utf8"))

export const claudeFixture: DriverFixture = {
  name: "claude",
  driver: claude,
  scenes: smallScenes,
  context: (place) => ({ config: { command: place.command(smallAgent("claude-agent")) } }),
  observed: given,
}

export const codexFixture: DriverFixture = {
  name: "codex",
  driver: codex,
  scenes: smallScenes,
  context: (place) => ({ config: { command: place.command(smallAgent("codex-agent")) } }),
  observed: given,
}

/** A codex that is so old that it has only `exec`. */
export const codexExecFixture: DriverFixture = {
  ...codexFixture,
  name: "codex exec",
  scenes: { hello: "hello", tool: "tool", hang: "hang", orphan: "orphan", remember: "remember kiwi", recall: "recall" },
  context: (place) => ({ config: { command: place.command(smallAgent("codex-agent")) }, env: { CODEX_AGENT: "without app-server" } }),
  process: false,
  driver: {
    ...codex,
    capabilities: { ...codex.capabilities, model: false, systemPrompt: false, queuedInput: false, permission: false, structuredOutput: false },
  },
}

/** The prompt is the command. */
export const shellFixture: DriverFixture = {
  name: "shell",
  driver: shell,
  context: (place) => ({ config: { command: place.command(["sh", "-c", 'eval "$FLEET_PROMPT"']) } }),
  scenes: {
    hello: "echo hello from the agent",
    hang: "echo working; exec tail -f /dev/null",
    orphan: "setsid sh -c 'echo $$ > orphan.pid; exec tail -f /dev/null' & exec tail -f /dev/null",
    flood: 'i=0; while [ $i -lt 1000 ]; do echo "$i "; i=$((i + 1)); done',
  },
  garbage: [Uint8Array.of(0xff, 0xfe, 0xc3, 0x28)],
  harmless: [""],
}

const hello = { ...okTurn, text: "hello from the agent", usd: 0.5, tokens: 10 }
const script: Script = new Map([
  ["hello", [hello, hello, hello]],
  [
    "tool",
    [
      {
        ...okTurn,
        events: [
          { kind: "cap.tool_call.start", call_id: "c", name: "Read", input: {} },
          { kind: "cap.tool_call.end", call_id: "c", is_error: false },
        ],
      },
    ],
  ],
  ["permission", [{ ...okTurn, permission: { tool: "Make", risk: "medium" } }]],
  ["queued", [{ ...okTurn, text: "heard it" }]],
  ["hang", [{ ...okTurn, text: "working", hang: true }, hello]],
  ["output", [{ ...okTurn, output: { answer: "42" } }]],
  ["loop", [{ ...okTurn, stop: "max_turns" }]],
])
const scripted = makeScripted(script)
const scriptedWith = new Map<string, Observed>()

/** It stands in for any driver: what it declares it plays, and it asks nobody twice, hears no answer, runs no tool. */
export const scriptedFixture: DriverFixture = {
  name: "scripted",
  driver: {
    ...scripted,
    open: (context: DriverContext<unknown>) => {
      scriptedWith.set(context.directory, context)
      return scripted.open(context)
    },
  },
  context: () => ({ config: {} }),
  scenes: {
    hello: "hello",
    tool: "tool",
    permission: "permission",
    queued: { prompt: "queued", message: "go on" },
    hang: "hang",
    output: "output",
    loop: "loop",
  },
  observed: ({ directory }) => scriptedWith.get(directory) ?? {},
  process: false,
  tools: false,
}
