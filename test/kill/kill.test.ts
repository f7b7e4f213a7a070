import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { drill, makeGround, measureLife, seeded, type Ground } from "./drill.ts"

describe("a run whose process is killed", () => {
  let ground: Ground
  let life = 0
  beforeAll(async () => {
    ground = makeGround()
    life = await measureLife(ground)
  }, 60_000)
  afterAll(() => ground.remove())

  it.each([1, 2, 3])(
    "comes to the same end, seed %i",
    async (seed) => {
      expect((await drill(ground, seeded(seed), life, 2)).kills).toBeGreaterThan(0)
    },
    60_000,
  )
})
