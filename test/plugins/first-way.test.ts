/** Ways to speak to an agent, one after the other. */
import { expect, it } from "vitest"
import { firstOf } from "#plugins/agent-manifests/first-way.ts"
import { failure, noCapabilities, type Driver, type DriverEvent } from "#sdk"
import { openTestSession } from "#plugins/sdk/testing/index.ts"

const capabilities: Driver["capabilities"] = { ...noCapabilities, model: true, systemPrompt: true, maxTurns: true, cancelTurn: true, permission: true }

const speaking = (events: () => AsyncIterable<DriverEvent>): Driver => ({
  capabilities,
  open: async () => ({ send: () => {}, events: events(), close: () => {} }),
})

const said: DriverEvent = { type: "agent", event: { kind: "cap.text_chunk", text: "here" } }

const well = speaking(async function* () {
  yield said
})
const broken = speaking(() => ({
  [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(failure("driver_error", "it speaks another language")) }),
}))

const first = async (driver: Driver): Promise<DriverEvent | undefined> => {
  const session = await openTestSession(driver, { run: "r", session: "a", directory: "/", permissions: "allow", config: {}, env: {} })
  const event = await session.next()
  await session.close()
  return event
}

it("takes the next way when what the first says breaks off before it was spoken to", async () => {
  const driver = firstOf("ag", [
    { name: "fast", settleMs: 10_000, driver: broken },
    { name: "slow", driver: well },
  ])
  expect(await first(driver)).toEqual(said)
  const none = firstOf("ag", [{ name: "fast", settleMs: 10_000, driver: broken }])
  await expect(first(none)).rejects.toMatchObject({ kind: "driver_error", message: "it speaks another language" })
})
