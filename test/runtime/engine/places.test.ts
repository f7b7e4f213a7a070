/** The workspaces of a run by themselves: what is said of the newest work does not depend on when an old place was given back. */
import { describe } from "vitest"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Workspace } from "#sdk"
import { fleet, session } from "./fleet.ts"
import { makePlaces } from "../../../runtime/engine/places.ts"
import type { AnyWorkspaceProvider } from "../../../runtime/engine/run.ts"

const ids = ["x", "y", "z"] as const

const provider: AnyWorkspaceProvider = {
  isolated: true,
  acquire: async ({ session: id }): Promise<Workspace> => ({
    path: `/${id}`,
    branch: `own/${id}`,
    snapshot: async () => ({ branch: `own/${id}`, commit: `of ${id}` }),
    diff: async () => "",
    conflicts: async () => ["a.txt"],
    release: async () => ({}),
  }),
}

describe("work that does not fit together", () => {
  it.effect("is told oldest first, also where the oldest place was given back last", () =>
    Effect.gen(function* () {
      const declared = ids.map((id) => session(id, { workspace: { use: "fake", with: {} } }))
      const places = makePlaces("r", fleet(declared, []), "/", { fake: provider })
      for (const one of declared) yield* places.acquire(one.id, one, { kind: "base" })
      for (const id of ids) yield* Effect.promise(() => places.snapshot(id, "work"))
      yield* places.release("x")
      assert.deepStrictEqual(
        (yield* Effect.promise(() => places.clashes("z"))).map(({ other }) => other),
        ["x", "y"],
      )
    }),
  )
})
