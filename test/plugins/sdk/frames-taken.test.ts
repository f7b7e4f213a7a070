import * as Effect from "effect/Effect"
import { expect, it } from "vitest"
import { defineDriver, type Driver, type DriverCapabilities, type Frame } from "#sdk"
import { pty } from "../../../plugins/drivers/pty/index.ts"
import { preset } from "../../../plugins/preset.ts"

const frames: ReadonlyArray<Frame> = [{ type: "message", text: "wait" }, { type: "cancel" }]

it.each([
  [false, false, ["cap_queued_input_unsupported", "cap_cancel_unsupported"]],
  [true, false, ["message", "cap_cancel_unsupported"]],
  [false, true, ["cap_queued_input_unsupported", "cancel"]],
] as const)("a driver with queuedInput %s and cancelTurn %s refuses, in CAP's words, what it cannot do", async (queuedInput, cancelTurn, expected) => {
  const heard: Array<string> = []
  const agent = (able: Partial<DriverCapabilities>): Driver =>
    defineDriver<unknown>({
      config: { keys: [], jsonSchema: {}, decode: (value) => ({ ok: true, value }) },
      capabilities: { ...pty.capabilities, ...able },
      open: async () => ({ send: (frame) => void heard.push(frame.type), events: (async function* () {})(), close: () => {} }),
    })
  const whole = agent({ queuedInput, cancelTurn })
  const narrowed = preset(agent({ queuedInput: true, cancelTurn: true }), { config: () => ({}), capabilities: { queuedInput, cancelTurn } })
  const context: Parameters<Driver["open"]>[0] = { run: "r", session: "a", config: {}, directory: "/", permissions: "ask", env: {} }
  for (const driver of [whole, narrowed]) {
    heard.length = 0
    const opening = driver.open(context)
    const handle = await (Effect.isEffect(opening) ? Effect.runPromise(Effect.scoped(opening)) : opening)
    const answers = frames.map((frame) => {
      try {
        void handle.send(frame)
        return frame.type
      } catch (error) {
        return error instanceof Error ? error.message.split(":")[0] : error
      }
    })
    expect(answers).toEqual(expected)
    expect(heard).toEqual(expected.filter((one) => !one.startsWith("cap_")))
  }
})
