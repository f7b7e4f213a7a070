import { describe, expect, it } from "vitest"
import { configOf, defineDriver, Schema } from "../../plugins/sdk/author.ts"

const config = configOf(Schema.Struct({ queue: Schema.String, size: Schema.optionalKey(Schema.Int) }))

describe("configOf", () => {
  it("decodes, refuses what it does not know, and names every place", () => {
    expect(config.decode({ queue: "q" })).toEqual({ ok: true, value: { queue: "q" } })
    const wrong = config.decode({ size: 1.5, more: true })
    expect(wrong.ok ? [] : wrong.issues.map((issue) => issue.path.join("."))).toEqual(expect.arrayContaining(["queue", "size", "more"]))
  })
  it("lists its keys and is JSON Schema", () => {
    expect(config.keys).toEqual(["queue", "size"])
    expect(config.jsonSchema).toMatchObject({ type: "object", required: ["queue"], additionalProperties: false })
  })
  it("keeps a driver from a configuration that does not fit", () => {
    const driver = defineDriver({
      config,
      capabilities: { model: false, systemPrompt: false, maxTurns: false, resume: false, queuedInput: false, cancelTurn: false, permission: false, structuredOutput: false, usage: "none" },
      open: async () => { throw new Error("opened") },
    })
    const context = { run: "r", session: "s", directory: "/", permissions: "ask", env: {} } as const
    expect(() => driver.open({ ...context, config: {} })).toThrow("queue")
    expect(driver.config?.decode({ queue: "q" })).toEqual({ ok: true, value: { queue: "q" } })
  })
})
