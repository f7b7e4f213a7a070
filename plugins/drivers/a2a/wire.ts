/** The operations of A2A over the interface that an agent has. */
import { randomUUID } from "node:crypto"
import type { Json } from "#ir"
import { fieldsOf, numberOf, textOf } from "#sdk"
import type { Fields } from "#sdk"
import type { AgentInterface } from "./agent-card.ts"
import { readTaskEvent, type TaskEvent } from "./events.ts"
import { fetchEvents, fetchJson, Refused, type HttpRequest } from "./requests.ts"

export interface Message {
  readonly text: string
  /** What goes with it as data. */
  readonly part?: Fields
  readonly context: string
  /** The task that the message is an answer in. */
  readonly task: string
}

export interface Wire {
  /** Tells what becomes of a message, as far as the connection lasts. */
  readonly send: (message: Message, signal: AbortSignal) => AsyncGenerator<TaskEvent>
  /** The task as it is, and what becomes of it. */
  readonly subscribe: (task: string, signal: AbortSignal) => AsyncGenerator<TaskEvent>
  readonly get: (task: string, signal: AbortSignal) => Promise<TaskEvent>
  readonly cancel: (task: string, signal: AbortSignal) => Promise<void>
}

type Operation = "send" | "stream" | "subscribe" | "get" | "cancel"

const methods: { readonly [version in AgentInterface["version"]]: { readonly [operation in Operation]: string } } = {
  "1.0": { send: "SendMessage", stream: "SendStreamingMessage", subscribe: "SubscribeToTask", get: "GetTask", cancel: "CancelTask" },
  "0.3": { send: "message/send", stream: "message/stream", subscribe: "tasks/resubscribe", get: "tasks/get", cancel: "tasks/cancel" },
}

const routes: { readonly [operation in Operation]: readonly [method: "GET" | "POST", path: (task: string) => string] } = {
  send: ["POST", () => "/message:send"],
  stream: ["POST", () => "/message:stream"],
  subscribe: ["GET", (task) => `/tasks/${encodeURIComponent(task)}:subscribe`],
  get: ["GET", (task) => `/tasks/${encodeURIComponent(task)}`],
  cancel: ["POST", (task) => `/tasks/${encodeURIComponent(task)}:cancel`],
}

const bodyOf = ({ version }: AgentInterface, { text, part, context, task }: Message): Json => {
  const old = version === "0.3"
  return {
    message: {
      ...(old ? { kind: "message" } : {}),
      messageId: randomUUID(),
      role: old ? "user" : "ROLE_USER",
      parts: [{ ...(old ? { kind: "text" } : {}), text }, ...(part === undefined ? [] : [{ ...(old ? { kind: "data" } : {}), ...part }])],
      ...(context === "" ? {} : { contextId: context }),
      ...(task === "" ? {} : { taskId: task }),
    },
  }
}

/** What JSON-RPC's codes are over HTTP, as far as the driver tells them apart. */
const statusOf = (code: number): number => (code === -32001 ? 404 : code === -31401 ? 401 : 400)

/** How long an operation without a stream may take. */
const shortMs = 30_000

export const makeWire = (at: AgentInterface, credentials: HttpRequest["headers"]): Wire => {
  const headers = { ...credentials, "a2a-version": at.version }
  const requestFor = (operation: Operation, task: string, params: Json, signal: AbortSignal): HttpRequest => {
    if (at.binding === "JSONRPC")
      return { url: at.url, method: "POST", headers, signal, body: { jsonrpc: "2.0", id: randomUUID(), method: methods[at.version][operation], params } }
    const [method, path] = routes[operation]
    return { url: at.url + path(task), method, headers, signal, ...(method === "POST" ? { body: operation === "cancel" ? {} : params } : {}) }
  }
  const resultOf = (answer: Fields): Fields => {
    const { error } = answer
    if (error === undefined || error === null) return at.binding === "JSONRPC" ? fieldsOf(answer["result"]) : answer
    const { code, message } = fieldsOf(error)
    throw new Refused(statusOf(numberOf(code)), textOf(message) || "it gives no reason")
  }
  const short = (signal: AbortSignal): AbortSignal => AbortSignal.any([signal, AbortSignal.timeout(shortMs)])
  const once = async (operation: Operation, task: string, params: Json, signal: AbortSignal): Promise<TaskEvent> => {
    const result = resultOf(await fetchJson(requestFor(operation, task, params, short(signal))))
    const event = readTaskEvent(result)
    if (event === undefined) throw new Error("it answers with something that is neither a task nor a message")
    return event
  }
  const stream = async function* (operation: Operation, task: string, params: Json, signal: AbortSignal): AsyncGenerator<TaskEvent> {
    for await (const answer of fetchEvents(requestFor(operation, task, params, signal))) {
      const event = readTaskEvent(resultOf(answer))
      if (event !== undefined) yield event
    }
  }
  return {
    // Without streaming the answer is one event, which may take as long as the turn does.
    send: (message, signal) => stream(at.streaming ? "stream" : "send", "", bodyOf(at, message), signal),
    subscribe: (task, signal) => stream("subscribe", task, { id: task }, signal),
    get: (task, signal) => once("get", task, { id: task }, signal),
    cancel: async (task, signal) => {
      await once("cancel", task, { id: task }, signal)
    },
  }
}
