/** What the tests of real agents share: the installed program, the stand-in for its models, and prompts as scripts for that. */
import { basename } from "node:path"
import { afterAll, describe, inject, it } from "vitest"
import { driverSuite, type DriverFixture, type Observed, type Place } from "../../plugins/sdk/testing/index.ts"
import { startStandIn, type StandIn } from "./stand-in/server.ts"
import type { Step } from "./stand-in/script.ts"

export const script = (...steps: ReadonlyArray<Step>): string => `PLAY:${JSON.stringify(steps)}`

/** A slow text: says something, and takes minutes for the rest. */
export const endless: Step = { say: "working ".repeat(2000), chunks: 4000, wait: 100 }

export const numbers: Step = { say: Array.from({ length: 1000 }, (_, number) => `${number} `).join(""), chunks: 400 }

/** An address of the stand-in for one place, so that what was asked from there can be told apart. */
export const addressOf = (models: StandIn, { run }: Place): string => `${models.url}/${basename(run)}`

export const observedAt = (models: StandIn, { run }: Place): Observed => {
  const last = models.seen.findLast(({ path }) => path.startsWith(`/${basename(run)}/`))
  return last === undefined ? {} : { model: last.model, systemPrompt: last.system }
}

/** One test that is skipped and says why. */
export const cannotBeHad = (agent: string, reason: string): void => {
  describe(agent, () => {
    it("can be had", ({ skip }) => skip(reason))
  })
}

/** The driver suite with a real agent; one test that is skipped, and says why, when the agent cannot be had. */
export const realSuite = async (agent: string, fixture: (program: string, models: StandIn) => DriverFixture): Promise<void> => {
  const installed = inject("agents")[agent]
  if (installed?.ok !== true) {
    cannotBeHad(agent, installed?.reason ?? `${agent} is not installed by test/agents/install.ts`)
    return
  }
  const models = await startStandIn()
  describe(`${agent} itself`, () => {
    afterAll(() => models.close())
    for (const { name, skip, run } of driverSuite(fixture(installed.program, models))) {
      it.concurrent(skip === undefined ? name : `${name} (skipped: ${skip})`, { skip: skip !== undefined }, run)
    }
  })
}
