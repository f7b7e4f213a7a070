// A small agent that speaks ACP, version 1 or 2 as it is offered, as far as the driver uses it.
import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { memory, playScene, tellGiven } from "./stage.mjs"

const write = (frame) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...frame })}\n`)

class Stopped extends Error {}

const calls = new Map()
const always = new Set()
const given = {}
let requests = 0
let version = 1
let session
let turn

const update = (sessionUpdate, more) => write({ method: "session/update", params: { sessionId: session.id, update: { sessionUpdate, ...more } } })
const request = (method, params) =>
  new Promise((resolve, reject) => {
    const id = requests++
    calls.set(id, { resolve, reject })
    write({ id, method, params: { sessionId: session.id, ...params } })
  })

const options = [
  { optionId: "a", name: "Yes", kind: "allow_once" },
  { optionId: "b", name: "Always", kind: "allow_always" },
  { optionId: "c", name: "No", kind: "reject_once" },
]

const actorOf = (current) => {
  let items = 0
  let messageId = randomUUID()
  const live = () => {
    if (turn !== current) throw new Stopped()
  }
  const part = async (text) => {
    live()
    update("agent_message_chunk", { messageId, content: { type: "text", text } })
    if (process.stdout.writableNeedDrain) await once(process.stdout, "drain")
  }
  const endPart = () => {
    messageId = randomUUID()
  }
  const say = (text) => {
    void part(text.slice(0, 6))
    void part(text.slice(6))
    endPart()
  }
  return {
    prompts: session.prompts,
    part,
    endPart,
    say,
    call: async (tool, permission, run) => {
      live()
      const toolCallId = `call_${++items}`
      const toolCall = { toolCallId, title: tool, kind: "execute", rawInput: { command: tool } }
      update(version === 1 ? "tool_call" : "tool_call_update", { ...toolCall, rawInput: {}, status: "pending" })
      let allowed = !permission || always.has(tool)
      if (!allowed) {
        const subject = version === 1 ? { toolCall } : { title: tool, subject: { type: "tool_call", toolCall } }
        const { outcome } = await request("session/request_permission", { ...subject, options })
        live()
        if (outcome.optionId === "b") always.add(tool)
        allowed = outcome.optionId === "a" || outcome.optionId === "b"
      }
      if (allowed) run()
      update("tool_call_update", { toolCallId, status: allowed ? "completed" : "failed" })
    },
    takeBack: async (tool, run) => {
      const toolCall = { toolCallId: `call_${++items}`, title: tool, kind: "execute", rawInput: { command: tool } }
      update(version === 1 ? "tool_call" : "tool_call_update", { ...toolCall, status: "pending" })
      const requestId = requests
      const subject = version === 1 ? { toolCall } : { title: tool, subject: { type: "tool_call", toolCall } }
      const asking = request("session/request_permission", { ...subject, options })
      write({ method: "$/cancel_request", params: { requestId } })
      const { outcome } = await asking
      if (outcome.optionId !== undefined) run()
      update("tool_call_update", { toolCallId: toolCall.toolCallId, status: "failed" })
    },
    ask: async (message, labels) => {
      const requestedSchema = { type: "object", properties: { color: { type: "string", enum: labels } }, required: ["color"] }
      return (await request("elicitation/create", { mode: "form", message, requestedSchema })).content.color
    },
  }
}

const usage = { inputTokens: 80, outputTokens: 20, totalTokens: 100 }

const play = async (current, text) => {
  if (version === 2) update("state_update", { state: "running" })
  try {
    await playScene(text, actorOf(current))
  } catch (error) {
    if (!(error instanceof Stopped)) throw error
  }
  if (turn === current) end("end_turn")
}
const end = (stopReason) => {
  const { id } = turn
  turn = undefined
  session.usd += 0.25
  memory.write(session.id, session)
  update("usage_update", { used: 100, size: 1000, cost: { amount: session.usd, currency: "USD" } })
  if (version === 1) write({ id, result: { stopReason, usage } })
  else update("state_update", { state: "idle", stopReason, usage })
}

const choices = () => ({
  modes: {
    currentModeId: "auto",
    availableModes: [
      { id: "auto", name: "Auto" },
      { id: "default", name: "Ask" },
    ],
  },
  models: {
    currentModelId: "small",
    availableModels: [
      { modelId: "small", name: "Small" },
      { modelId: "suite-model", name: "Suite" },
    ],
  },
})
const configOptions = [
  {
    configId: "mode",
    name: "Mode",
    category: "mode",
    type: "select",
    currentValue: "auto",
    options: [
      { value: "auto", name: "Auto" },
      { value: "default", name: "Ask" },
    ],
  },
  {
    configId: "model",
    name: "Model",
    category: "model",
    type: "select",
    currentValue: "small",
    options: [{ name: "All", options: [{ value: "suite-model", name: "Suite" }] }],
  },
]
const opened = () => (version === 1 ? choices() : { configOptions })

const takeUp = (sessionId) => {
  session = memory.read(sessionId)
  if (session === undefined) throw new Error(`no session ${sessionId}`)
  update("agent_message_chunk", { messageId: "old", content: { type: "text", text: "told again" } })
  return opened()
}

const methods = {
  initialize: ({ protocolVersion }) => {
    version = protocolVersion
    return version === 1
      ? { protocolVersion, agentCapabilities: { loadSession: true }, agentInfo: { name: "small", version: "1" }, authMethods: [] }
      : { protocolVersion, capabilities: { session: {} }, info: { name: "small", version: "1" }, authMethods: [] }
  },
  "session/new": () => {
    session = { id: randomUUID(), prompts: [], usd: 0 }
    memory.write(session.id, session)
    return { sessionId: session.id, ...opened() }
  },
  "session/load": ({ sessionId }) => takeUp(sessionId),
  "session/resume": ({ sessionId }) => takeUp(sessionId),
  "session/set_mode": ({ modeId }) => ({ mode: (given.mode = modeId) }),
  "session/set_model": ({ modelId }) => ({ model: (given.model = modelId) }),
  "session/set_config_option": ({ configId, value }) => ({ configOptions: [(given[configId] = value)] }),
}

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const { id, method, params, result, error } = JSON.parse(line)
    if (method === undefined) {
      const call = calls.get(id)
      calls.delete(id)
      return error === undefined ? call?.resolve(result) : call?.reject(new Error(error.message))
    }
    if (method === "session/cancel") {
      if (turn !== undefined) end("cancelled")
      return
    }
    if (method === "session/prompt") {
      const text = params.prompt[0].text
      session.prompts.push(text)
      given.systemPrompt ??= text
      tellGiven(given)
      memory.write(session.id, session)
      if (text.startsWith("RAW:")) {
        // What agents were seen to send: updates, then the answer to the prompt.
        const { updates = [], ...answer } = JSON.parse(text.slice(4))
        for (const { sessionUpdate, ...more } of updates) update(sessionUpdate, more)
        return write({ id, ...answer })
      }
      turn = { id }
      if (version === 2) write({ id, result: { messageId: randomUUID() } })
      // What comes before the scene is the system prompt.
      return play(turn, text.split("\n\n").at(-1))
    }
    if (id === undefined) return
    try {
      const serve = methods[method]
      if (serve === undefined) return write({ id, error: { code: -32601, message: `no ${method}` } })
      write({ id, result: serve(params) })
    } catch (problem) {
      write({ id, error: { code: -32603, message: problem.message } })
    }
  })
  .on("close", () => process.exit(0))
