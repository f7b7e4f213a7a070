/** The driver suite in vitest, and what its fixtures for this repository share. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { describe, it } from "vitest"
import type { Observed, Place, Scenes } from "../../../plugins/sdk/testing/index.ts"
import { driverSuite, type DriverFixture } from "../../../plugins/sdk/testing/index.ts"

/** Scenes of the small agents, whose prompts are the scenes' names. */
export const smallScenes: Scenes = {
  hello: "hello", tool: "tool", permission: "permission", twice: "twice", question: "question", queued: { prompt: "queued", message: "go on" },
  hang: "hang", orphan: "orphan", output: "output", loop: "loop", remember: "remember kiwi", recall: "recall", flood: "flood",
}

export const smallAgent = (name: string): ReadonlyArray<string> => [process.execPath, fileURLToPath(new URL(`agents/${name}.mjs`, import.meta.url))]

/** What a small agent wrote down of what it was given. */
export const given = ({ home }: Place): Observed => JSON.parse(readFileSync(join(home, "given.json"), "utf8"))

export const suite = (fixture: DriverFixture, timeoutMs = 30_000): void => {
  describe(`the driver ${fixture.name}`, () => {
    for (const { name, skip, run } of driverSuite(fixture)) {
      it.concurrent(skip === undefined ? name : `${name} (skipped: ${skip})`, { timeout: timeoutMs, skip: skip !== undefined }, run)
    }
  })
}
