import { makeScripted, type Script } from "../../../plugins/index.ts"
import { okTurn } from "../../../plugins/drivers/scripted/script.ts"
import type { DriverContext } from "#sdk"
import type { Observed } from "../../../plugins/sdk/testing/index.ts"
import { smallScenes, suite } from "./suite.ts"

const hello = { ...okTurn, text: "hello from the agent", usd: 0.5, tokens: 10 }
const hang = { ...okTurn, text: "working", hang: true }
const script: Script = new Map([
  ["hello", [hello, hello, hello]],
  ["tool", [{ ...okTurn, events: [{ kind: "cap.tool_call.start", call_id: "c", tool: "Read", input: {} }, { kind: "cap.tool_call.end", call_id: "c", is_error: false }] }]],
  ["permission", [{ ...okTurn, permission: { tool: "Make", risk: "medium" } }]],
  ["queued", [{ ...okTurn, text: "heard it" }]],
  ["hang", [hang, hello]],
  ["output", [{ ...okTurn, output: { answer: "42" } }]],
  ["loop", [{ ...okTurn, stop: "max_turns" }]],
])

const scripted = makeScripted(script)
const given = new Map<string, Observed>()

/** It stands in for any driver: what it declares it plays, and it asks nobody twice, answers no question, runs no tool. */
suite({
  name: "scripted",
  driver: {
    ...scripted,
    open: (context: DriverContext<unknown>) => {
      given.set(context.directory, context)
      return scripted.open(context)
    },
  },
  context: () => ({ config: {} }),
  scenes: {
    hello: smallScenes.hello, tool: "tool", permission: "permission", queued: { prompt: "queued", message: "go on" }, hang: "hang", output: "output", loop: "loop",
  },
  observed: ({ directory }) => given.get(directory) ?? {},
  process: false,
  tools: false,
})
