// An agent made with the ACP SDK that plays the scenes of the driver suite in version 1 and 2, or in those that its argument names (`1`, `2`).
// The SDK reads what it is sent by the protocol's schemas, refuses what does not fit, and checks what it sends. Of version 2 it does what is
// allowed and unusual: it tells its state more than once, works before it takes a prompt in, and asks about commands that are no tool calls.
import { randomUUID } from "node:crypto"
import { Readable, Writable } from "node:stream"
import * as v1 from "@agentclientprotocol/sdk"
import * as v2 from "@agentclientprotocol/sdk/experimental/v2"
import { memory, playScene, tellGiven } from "./stage.mjs"

const info = { name: "sdk", version: "1" }
const given = {}
const always = new Set()

const options = [
  { optionId: "a", name: "Yes", kind: "allow_once" },
  { optionId: "b", name: "Always", kind: "allow_always" },
  { optionId: "c", name: "No", kind: "reject_once" },
]
const colors = (labels) => ({ type: "object", properties: { color: { type: "string", enum: labels } }, required: ["color"] })

const choice = (category, currentValue, values) => ({
  name: category,
  category,
  type: "select",
  currentValue,
  options: values.map((value) => ({ value, name: value })),
})
const choices = (key) => [
  { [key]: "mode", ...choice("mode", "auto", ["auto", "default"]) },
  { [key]: "model", ...choice("model", "small", ["small", "suite-model"]) },
]

/** The one session, whatever its version. `words` says things as that version has it. */
const sessions = (key, words) => {
  let session
  let turn
  const use = (found) => {
    if (found === undefined) throw v1.RequestError.resourceNotFound("session")
    session = found
    memory.write(session.id, session)
    return { configOptions: choices(key) }
  }
  const set = (configId, value) => {
    const known = choices(key).find((option) => option[key] === configId)
    if (known === undefined || !known.options.some((option) => option.value === value)) throw v1.RequestError.invalidParams({ configId, value })
    given[configId] = value
    return { configOptions: choices(key).map((option) => (option[key] in given ? { ...option, currentValue: given[option[key]] } : option)) }
  }
  const actorOf = (client, mine) => {
    let [calls, messageId] = [0, randomUUID()]
    const update = (sessionUpdate, more) => {
      if (turn !== mine) throw new Error("the turn is over")
      return client.notify("session/update", { sessionId: session.id, update: { sessionUpdate, ...more } })
    }
    const request = (method, params, signal = mine.signal) => client.request(method, { sessionId: session.id, ...params }, { cancellationSignal: signal })
    const part = (text) => update("agent_message_chunk", { messageId, content: { type: "text", text } })
    const endPart = () => {
      messageId = randomUUID()
    }
    return {
      prompts: session.prompts,
      update,
      part,
      endPart,
      say: async (text) => {
        await part(text.slice(0, 6))
        await part(text.slice(6))
        endPart()
      },
      call: async (tool, permission, run) => {
        const toolCallId = `call_${++calls}`
        const toolCall = { toolCallId, title: tool, kind: "execute", rawInput: { command: tool } }
        await update(words.newCall, { ...toolCall, rawInput: {}, status: "pending" })
        let allowed = !permission || always.has(tool)
        if (!allowed) {
          const { outcome } = await request("session/request_permission", { ...words.about(toolCall), options })
          if (outcome.optionId === "b") always.add(tool)
          allowed = outcome.optionId === "a" || outcome.optionId === "b"
        }
        if (allowed) run()
        await update("tool_call_update", { toolCallId, status: allowed ? "completed" : words.undone })
      },
      takeBack: async (tool, run) => {
        const toolCallId = `call_${++calls}`
        const toolCall = { toolCallId, title: tool, kind: "execute", rawInput: { command: tool } }
        await update(words.newCall, { ...toolCall, status: "pending" })
        const back = new AbortController()
        const asking = request("session/request_permission", { ...words.about(toolCall), options }, back.signal)
        back.abort()
        const { outcome } = await asking
        if (outcome.optionId !== undefined) run()
        await update("tool_call_update", { toolCallId, status: words.undone })
      },
      ask: async (message, labels) => {
        const { action, content } = await request("elicitation/create", { mode: "form", message, requestedSchema: colors(labels) })
        return action === "accept" ? content.color : action
      },
    }
  }
  return {
    open: () => {
      const opened = use({ id: randomUUID(), prompts: [], usd: 0 })
      return { sessionId: session.id, ...opened }
    },
    takeUp: (id) => use(memory.read(id)),
    set,
    id: () => session.id,
    cancel: () => turn?.abort(),
    /** How the turn ended: cancelled, or by itself. */
    play: async (client, text, started = async () => {}) => {
      const mine = new AbortController()
      turn = mine
      session.prompts.push(text)
      given.systemPrompt ??= text
      tellGiven(given)
      memory.write(session.id, session)
      const actor = actorOf(client, mine)
      const cancelled = new Promise((resolve) => {
        mine.signal.addEventListener("abort", () => resolve("cancelled"))
      })
      const played = started(actor).then(() => playScene(text.split("\n\n").at(-1), actor))
      // one that was cancelled goes on to where it next says something
      played.catch(() => {})
      const stopReason = await Promise.race([cancelled, played.then(() => "end_turn")])
      session.usd += 0.25
      memory.write(session.id, session)
      await actor.update("usage_update", { used: 100, size: 1000, cost: { amount: session.usd, currency: "USD" } })
      turn = undefined
      return stopReason
    },
  }
}

const one = () => {
  const { open, takeUp, set, cancel, play } = sessions("id", { newCall: "tool_call", undone: "failed", about: (toolCall) => ({ toolCall }) })
  return v1
    .agent({ name: "sdk" })
    .onRequest("initialize", ({ params }) => {
      Object.assign(given, { version: 1, knows: params.clientCapabilities })
      return { protocolVersion: 1, agentCapabilities: { loadSession: true }, agentInfo: info }
    })
    .onRequest("session/new", open)
    .onRequest("session/load", ({ params }) => takeUp(params.sessionId))
    .onRequest("session/set_config_option", ({ params }) => set(params.configId, params.value))
    .onNotification("session/cancel", cancel)
    .onRequest("session/prompt", async ({ params, client }) => {
      const stopReason = await play(client, params.prompt[0].text)
      return { stopReason, usage: { inputTokens: 80, outputTokens: 20, totalTokens: 100 } }
    })
}

const two = () => {
  const { open, takeUp, set, id, cancel, play } = sessions("configId", {
    newCall: "tool_call_update",
    undone: "cancelled",
    about: ({ rawInput: { command }, toolCallId }) => ({ title: "May it?", subject: { type: "command", command, cwd: process.cwd(), toolCallId } }),
  })
  const state = (client, sessionId, is) => client.notify("session/update", { sessionId, update: { sessionUpdate: "state_update", ...is } })
  const idle = { state: "idle", stopReason: "end_turn" }
  return v2
    .agent({ name: "sdk" })
    .onRequest("initialize", ({ params }) => {
      Object.assign(given, { version: 2, knows: params.capabilities })
      return { protocolVersion: 2, capabilities: { session: {} }, info }
    })
    .onRequest("session/new", open)
    .onRequest("session/resume", async ({ params, client }) => {
      const opened = takeUp(params.sessionId)
      await state(client, params.sessionId, idle)
      return opened
    })
    .onRequest("session/set_config_option", ({ params }) => {
      if (params.type !== "id") throw v2.RequestError.invalidParams({ type: params.type })
      return set(params.configId, params.value)
    })
    .onNotification("session/cancel", cancel)
    .onRequest("session/prompt", async ({ params, client }) => {
      const messageId = randomUUID()
      // a snapshot of what was, and something that runs before the prompt is taken in: neither ends its turn
      await state(client, id(), idle)
      await state(client, id(), { state: "running" })
      await state(client, id(), idle)
      const started = async ({ update }) => {
        await update("user_message", { messageId, content: params.prompt })
        await update("state_update", { state: "running" })
      }
      const playing = async () => {
        await new Promise((resolve) => {
          setImmediate(resolve)
        })
        const stopReason = await play(client, params.prompt[0].text, started)
        await state(client, id(), { state: "idle", stopReason, usage: { inputTokens: 80, outputTokens: 20, totalTokens: 100 } })
        await state(client, id(), { state: "idle", stopReason, background: [] })
      }
      void playing()
      return { messageId }
    })
}

const [versions = "12"] = process.argv.slice(2)
const made = versions === "1" ? one() : versions === "2" ? v2.agentProtocolRouter().withV2(two()) : v2.agentProtocolRouter().withV1(one()).withV2(two())
made.connect(v2.ndJsonStream(Writable.toWeb(process.stdout), Readable.toWeb(process.stdin)))
