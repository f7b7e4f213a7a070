/** The way into the machine, with a reader that is held up anywhere. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { expect, it } from "vitest"
import { makeInbox } from "../../../runtime/engine/inbox.ts"
import { seededRandom } from "../../../runtime/engine/seeded-random.ts"
import { makeVirtualWorld } from "../../../runtime/engine/virtual-time.ts"

it("a letter that comes while the reader is held up wakes it, in any order", async () => {
  for (let seed = 0; seed < 400; seed++) {
    const world = makeVirtualWorld({ random: seededRandom(seed) })
    const exit = await world.run(
      Effect.gen(function* () {
        const inbox = makeInbox()
        const reader = yield* Effect.forkChild(inbox.takeAll)
        for (let step = 0; step < seed % 4; step++) yield* Effect.yieldNow
        void inbox.post({ type: "resume" })
        return yield* Fiber.join(reader)
      }),
    )
    expect(exit).toEqual(Exit.succeed([{ fact: { type: "resume" } }]))
  }
})
