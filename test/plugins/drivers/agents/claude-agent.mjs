// A small agent that speaks Claude Code's stream-json protocol, as far as the driver uses it.
import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { memory, playScene, tellGiven } from "./stage.mjs"

const args = process.argv.slice(2)
const option = (name) => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined)
for (const needed of ["-p", "--verbose", "--include-partial-messages"]) if (!args.includes(needed)) throw new Error(`${needed} is missing`)
const resumed = option("--resume")
const session = resumed ?? randomUUID()
const past = resumed === undefined ? { prompts: [], usd: 0, tokens: 0 } : memory.read(resumed)
if (past === undefined) {
  console.error(`No conversation found with session ID: ${resumed}`)
  process.exit(1)
}
tellGiven({ model: option("--model"), systemPrompt: option("--append-system-prompt") })
const maxTurns = Number(option("--max-turns") ?? Infinity)

const write = (frame) => process.stdout.write(`${JSON.stringify({ ...frame, session_id: session, uuid: randomUUID() })}\n`)
const pending = new Map()
const rules = new Set()
let schema
let turn

const stream = (event) => write({ type: "stream_event", event, parent_tool_use_id: null })
const assistant = (block) => write({ type: "assistant", message: { role: "assistant", content: [block] }, parent_tool_use_id: null })
const result = (more) =>
  write({
    subtype: "success",
    is_error: false,
    total_cost_usd: past.usd,
    modelUsage: { small: { inputTokens: past.tokens, outputTokens: 0 } },
    terminal_reason: "completed",
    ...more,
    type: "result",
  })

class Stopped extends Error {}

const actorOf = (current) => {
  let calls = 0
  let open = ""
  const live = () => {
    if (turn !== current) throw new Stopped()
  }
  const ask = (tool_name, input, more = {}) =>
    new Promise((resolve, reject) => {
      const request_id = randomUUID()
      pending.set(request_id, { resolve, reject })
      write({ type: "control_request", request_id, request: { subtype: "can_use_tool", tool_name, input, ...more } })
    })
  const part = async (text) => {
    live()
    if (open === "") stream({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } })
    open += text
    stream({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } })
    if (process.stdout.writableNeedDrain) await once(process.stdout, "drain")
  }
  const endPart = () => {
    assistant({ type: "text", text: open })
    stream({ type: "content_block_stop", index: 0 })
    open = ""
  }
  return {
    prompts: past.prompts,
    part,
    endPart,
    say: (text) => {
      void part(text.slice(0, 6))
      void part(text.slice(6))
      endPart()
    },
    call: async (tool, permission, run) => {
      live()
      if (++calls > maxTurns) throw new Error("max turns")
      const id = `toolu_${calls}`
      assistant({ type: "tool_use", id, name: tool, input: { step: 1 } })
      const suggestions = [{ type: "addRules", behavior: "allow", rules: [{ toolName: tool, ruleContent: "step" }], destination: "localSettings" }]
      const answer =
        !permission || rules.has(tool) ? { behavior: "allow" } : await ask(tool, { step: 1 }, { permission_suggestions: suggestions, tool_use_id: id })
      const allowed = answer.behavior === "allow"
      for (const { destination, rules: given } of answer.updatedPermissions ?? []) {
        if (destination !== "session") throw new Error("a rule was written into the workspace")
        for (const { toolName } of given) rules.add(toolName)
      }
      if (allowed) run()
      write({
        type: "user",
        message: { role: "user", content: [{ type: "tool_result", tool_use_id: id, content: allowed ? "ok" : answer.message, is_error: !allowed }] },
        parent_tool_use_id: null,
      })
    },
    takeBack: async (tool, run) => {
      const id = `toolu_${++calls}`
      assistant({ type: "tool_use", id, name: tool, input: { step: 1 } })
      const before = new Set(pending.keys())
      // whoever answers all the same would have it done
      ask(tool, { step: 1 }, { tool_use_id: id }).then(
        ({ behavior }) => behavior === "allow" && run(),
        () => {},
      )
      write({ type: "control_cancel_request", request_id: [...pending.keys()].find((each) => !before.has(each)) })
      write({
        type: "user",
        message: { role: "user", content: [{ type: "tool_result", tool_use_id: id, content: "taken back", is_error: true }] },
        parent_tool_use_id: null,
      })
    },
    ask: async (question, options) => {
      assistant({ type: "tool_use", id: "toolu_ask", name: "AskUserQuestion", input: {} })
      const input = { questions: [{ question, header: "Q", multiSelect: false, options: options.map((label) => ({ label, description: label })) }] }
      const answer = await ask("AskUserQuestion", input)
      write({
        type: "user",
        message: { role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_ask", content: "answered" }] },
        parent_tool_use_id: null,
      })
      return answer.updatedInput?.answers?.[question]
    },
    message: () =>
      new Promise((resolve) => {
        current.message = resolve
      }),
    output: (value) => {
      current.output = schema === undefined ? undefined : value
    },
  }
}

const play = async (text) => {
  const current = (turn = {})
  past.prompts.push(text)
  past.usd += 0.25
  past.tokens += 100
  memory.write(session, past)
  write({ type: "system", subtype: "init", model: option("--model") ?? "small", tools: [] })
  let end = {}
  try {
    await playScene(text, actorOf(current))
    if (current.output !== undefined) end = { structured_output: current.output }
  } catch (error) {
    if (error instanceof Stopped) return
    if (error.message !== "max turns") throw error
    end = { subtype: "error_max_turns", is_error: true, errors: [error.message] }
  }
  if (turn !== current) return
  turn = undefined
  result(end)
}

const interrupt = () => {
  if (turn === undefined) return
  turn = undefined
  for (const [request_id, { reject }] of pending) {
    write({ type: "control_cancel_request", request_id })
    reject(new Stopped())
  }
  pending.clear()
  result({ subtype: "error_during_execution", is_error: true, terminal_reason: "aborted_streaming" })
}

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const frame = JSON.parse(line)
    if (frame.type === "user") {
      const text = frame.message.content[0].text
      if (turn === undefined) return void play(text)
      return turn.message?.(text)
    }
    if (frame.type === "control_response") {
      const { request_id, response } = frame.response
      pending.get(request_id)?.resolve(response)
      return pending.delete(request_id)
    }
    const { request_id, request } = frame
    write({ type: "control_response", response: { subtype: "success", request_id, response: {} } })
    if (request.subtype === "initialize") schema = request.jsonSchema
    if (request.subtype === "interrupt") interrupt()
  })
  .on("close", () => {
    if (turn === undefined) process.exit(0)
  })
