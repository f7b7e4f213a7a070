import { describe, expect, it } from "vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { runVirtual } from "../../../runtime/engine/virtual-time.ts"

describe("virtual time", () => {
  it("jumps from sleep to sleep, in order", async () => {
    const log: Array<string> = []
    const nap = (name: string, ms: number) =>
      Effect.gen(function* () {
        yield* Effect.sleep(ms)
        log.push(`${name} ${yield* Clock.currentTimeMillis}`)
      })
    const naps = [nap("c", 3_600_000), nap("a", 10), nap("b", 10), nap("z", 0), nap("d", 86_400_000)]
    const exit = await runVirtual(Effect.all(naps, { concurrency: "unbounded", discard: true }))
    expect(exit).toEqual(Exit.void)
    expect(log).toEqual(["z 0", "a 10", "b 10", "c 3600000", "d 86400000"])
  })

  it("lets promises settle before time moves", async () => {
    const late = Effect.promise(async () => {
      for (let i = 0; i < 50; i++) await Promise.resolve()
      return "promise"
    })
    expect(await runVirtual(Effect.raceFirst(late, Effect.as(Effect.sleep(1), "timer")))).toEqual(Exit.succeed("promise"))
  })

  it("drops an interrupted sleep", async () => {
    const program = Effect.gen(function* () {
      const slow = yield* Effect.timeoutOption(Effect.sleep("10 days"), "1 second")
      return [slow._tag, yield* Clock.currentTimeMillis] as const
    })
    expect(await runVirtual(program, 500)).toEqual(Exit.succeed(["None", 1500]))
  })

  it("says when a program can never go on", async () => {
    await expect(runVirtual(Effect.never)).rejects.toThrow("waits for something that cannot happen")
  })
})
