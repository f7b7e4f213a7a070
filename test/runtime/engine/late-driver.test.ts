/** Drivers that open when nobody waits for them any more: they are told to go, in whatever way they do that. */
import * as Effect from "effect/Effect"
import { setTimeout } from "node:timers/promises"
import { describe, expect, it } from "vitest"
import type { DriverHandle } from "#sdk"
import type { AnyDriver } from "../../../runtime/engine/run.ts"
import { startFleet } from "../../../runtime/engine/start-fleet.ts"
import { makeMemoryJournal } from "../../../runtime/journal/memory.ts"
import { fleet, loggedWorkspaces, saysOk, session } from "./fleet.ts"
import { collectUnheard } from "./unheard.ts"

const unheard = collectUnheard()

describe("a driver that opens after its session was cancelled", () => {
  it.each<readonly [string, (gone: () => void) => DriverHandle["close"]]>([
    ["a value", (gone) => () => gone()],
    ["a Promise", (gone) => async () => gone()],
    ["an Effect", (gone) => () => Effect.sync(gone)],
    [
      "a Promise that is rejected",
      (gone) => () => {
        gone()
        return Promise.reject(new Error("it does not go"))
      },
    ],
    [
      "an error",
      (gone) => () => {
        gone()
        throw new Error("it does not go")
      },
    ],
  ])("is closed, whether that is %s", async (_, close) => {
    const gone = Promise.withResolvers<void>()
    const asked = Promise.withResolvers<void>()
    const opens = Promise.withResolvers<DriverHandle>()
    const slow: AnyDriver = {
      ...saysOk,
      open: () => {
        asked.resolve()
        return opens.promise
      },
    }
    const run = await startFleet(fleet([session("a")]), {
      run: "r",
      drivers: { fake: slow },
      workspaces: { none: loggedWorkspaces([]) },
      journal: makeMemoryJournal(),
      root: "/",
      env: {},
    })
    await asked.promise
    await run.close()
    opens.resolve({ events: (async function* () {})(), send: () => undefined, close: close(() => gone.resolve()) })
    await gone.promise
    await setTimeout(0)
    expect(unheard).toEqual([])
    expect((await run.result).status).toBe("cancelled")
  })
})
