/** Rejections that nobody hears while a test runs: any of them would end the process. */
import process from "node:process"
import { afterEach, beforeEach } from "vitest"

export const collectUnheard = (): ReadonlyArray<unknown> => {
  const unheard: Array<unknown> = []
  const note = (reason: unknown) => void unheard.push(reason)
  beforeEach(() => {
    unheard.length = 0
    process.on("unhandledRejection", note)
  })
  afterEach(() => void process.off("unhandledRejection", note))
  return unheard
}
