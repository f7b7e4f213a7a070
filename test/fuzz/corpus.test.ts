import { describe, expect, it } from "vitest"
import { examine } from "./examine.ts"
import { mutate, randomFrom } from "./mutate.ts"
import { corpus, seeds } from "./seeds.ts"

describe("texts that once were trouble", () => {
  it.each(corpus())("%s", (_, text) => {
    expect(examine(text)).toBeUndefined()
  })
})

it("a thousand mutants, always the same", () => {
  const random = randomFrom(1)
  const pool = seeds()
  const pick = (): string => pool[Math.floor(random() * pool.length)] ?? ""
  for (let count = 0; count < 1000; count++) {
    const text = mutate(pick(), pick(), random)
    expect(examine(text), text).toBeUndefined()
  }
})
