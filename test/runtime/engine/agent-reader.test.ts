import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Scheduler from "effect/Scheduler"
import * as Stream from "effect/Stream"
import { setImmediate } from "node:timers/promises"
import { describe, expect, it } from "vitest"
import type { DriverEvent } from "#sdk"
import { readAgent } from "../../../runtime/engine/agent-reader.ts"
import { collectUnheard } from "./unheard.ts"

const unheard = collectUnheard()

const said: DriverEvent = { type: "agent", event: { kind: "cap.thought", text: "hm" } }

/** Yields once, as soon as it is told to: between two steps a fiber may always be held up. */
class YieldsOnce extends Scheduler.MixedScheduler {
  due = false
  override shouldYield(): boolean {
    const { due } = this
    this.due = false
    return due
  }
}

describe("reading an agent", () => {
  it.each([
    ["a Stream", () => Stream.make(said)],
    [
      "an AsyncIterable",
      async function* () {
        yield said
      },
    ],
  ] as const)("of %s: what was to be waited for is rejected once the reader was stopped, and nobody is left to hear of it", async (_, events) => {
    const scheduler = new YieldsOnce()
    const heard = Promise.withResolvers<void>()
    const waited = Promise.withResolvers<void>()
    const fiber = Effect.runForkWith(Context.make(Scheduler.Scheduler, scheduler))(
      readAgent(events(), () => {
        scheduler.due = true
        heard.resolve()
        return waited.promise
      }),
    )
    await heard.promise
    fiber.interruptUnsafe()
    waited.reject(new Error("stopped"))
    await setImmediate()
    await setImmediate()
    expect(unheard).toEqual([])
    expect(fiber.pollUnsafe()).toBeDefined()
  })

  it("fails with what it waited for in vain", async () => {
    const exit = await Effect.runPromiseExit(readAgent(Stream.make(said), () => Promise.reject(new Error("no"))))
    expect(String(exit)).toContain("no")
  })
})
