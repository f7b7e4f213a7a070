/** What a driver's `open` made, kept in its thread for those who speak to it from the engine's. */
import type { Driver, DriverContext, DriverEvent, DriverHandle } from "#sdk"
import { failure } from "../../sdk/failure.ts"
import { configured } from "./configured.ts"
import type { Call, ToldAgent } from "./protocol.ts"
import { settleAnswer, type Held } from "./settle-answer.ts"
import type { Want } from "./wanted.ts"

interface Agent {
  readonly handle: DriverHandle
  readonly letGo: Held["letGo"]
  events: AsyncIterator<DriverEvent> | undefined
}

/** `open` as it is asked for: functions stay on the other side. */
export type ToldContext = Omit<DriverContext<unknown>, "tools" | "confine"> & { readonly tools: boolean; readonly confine: boolean }

const gateOf = (id: number, want: Want): NonNullable<DriverContext<unknown>["tools"]> => ({
  token: () => textOrNone(want(id, "token", [])),
  renew: (token) => textOrNone(want(id, "renew", [token])),
  use: (token, tool) => void want(id, "use", [token, tool]),
})

const textOrNone = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined)
const texts = (value: unknown): ReadonlyArray<string> => (Array.isArray(value) ? value.map(String) : [])

const isHandle = (value: unknown): value is DriverHandle =>
  typeof value === "object" &&
  value !== null &&
  "send" in value &&
  typeof value.send === "function" &&
  "close" in value &&
  typeof value.close === "function" &&
  "events" in value

const isStream = (events: DriverHandle["events"]): boolean => "~effect/Stream" in events

const iteratorOf = async (events: DriverHandle["events"]): Promise<AsyncIterator<DriverEvent>> => {
  if (!isStream(events)) return (events as AsyncIterable<DriverEvent>)[Symbol.asyncIterator]()
  const Stream = await import("effect/Stream")
  return Stream.toAsyncIterable(events as Parameters<typeof Stream.toAsyncIterable<DriverEvent, unknown>>[0])[Symbol.asyncIterator]()
}

export interface Conversations {
  readonly open: (call: Call, signal: AbortSignal) => Promise<ToldAgent>
  readonly ask: (call: Call, signal: AbortSignal) => Promise<unknown>
}

export const makeConversations = (driver: Driver, want: Want): Conversations => {
  const agents = new Map<number, Agent>()
  const close = async (id: number, agent: Agent, signal: AbortSignal): Promise<void> => {
    agents.delete(id)
    try {
      await settleAnswer(agent.handle.close(), signal)
    } finally {
      await agent.letGo()
    }
  }
  return {
    open: async ({ id, args: [told] }, signal) => {
      const { tools, confine, config, ...context } = told as ToldContext
      const opening = driver.open({
        ...context,
        config: configured(driver.config, config, "driver_error"),
        ...(tools ? { tools: gateOf(id, want) } : {}),
        ...(confine ? { confine: (...line) => texts(want(id, "confine", line)) } : {}),
      })
      const { value, letGo } = await settleAnswer(opening, signal)
      if (!isHandle(value)) {
        await letGo()
        throw failure("driver_error", "`open` gave nothing that can be spoken to: expected { send, events, close }")
      }
      const agent = { handle: value, letGo, events: undefined }
      agents.set(id, agent)
      if (signal.aborted) await close(id, agent, AbortSignal.timeout(10_000))
      return value.capabilities === undefined ? {} : { capabilities: { ...value.capabilities } }
    },
    ask: async ({ hook, of = 0, args: [first] }, signal) => {
      const agent = agents.get(of)
      if (agent === undefined) throw failure("driver_error", "the conversation is over")
      switch (hook) {
        case "agent.send":
          await settleAnswer(agent.handle.send(first as Parameters<DriverHandle["send"]>[0]), signal)
          return undefined
        case "agent.next": {
          agent.events ??= await iteratorOf(agent.handle.events)
          const { done, value } = await agent.events.next()
          return done === true ? { done } : { done: false, value }
        }
        case "agent.return":
          await agent.events?.return?.()
          return undefined
        default:
          return close(of, agent, signal)
      }
    },
  }
}
