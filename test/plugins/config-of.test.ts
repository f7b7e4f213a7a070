import { rmSync } from "node:fs"
import { afterAll, describe, expect, it } from "vitest"
import { configOf, defineDriver, definePlugin, Schema, type ConfigInput } from "../../plugins/sdk/author.ts"
import { folderWithEffect, secondSchema } from "./second-effect.ts"

const config = configOf(Schema.Struct({ queue: Schema.String, size: Schema.optionalKey(Schema.Int) }))

const folder = folderWithEffect()
const Second = await secondSchema(folder)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe("configOf", () => {
  it("knows the keys a session may carry and tells each of its problems where it is", () => {
    expect(config.keys).toEqual(["queue", "size"])
    expect(config.decode({ queue: "q" })).toEqual({ ok: true, value: { queue: "q" } })
    const bad = config.decode({ queue: 5, size: 1.5, other: true })
    expect(bad.ok ? [] : bad.issues.map(({ path }) => path.join(".")).sort()).toEqual(["other", "queue", "size"])
  })

  it("describes itself as JSON Schema", () => {
    expect(config.jsonSchema).toMatchObject({ type: "object", required: ["queue"], additionalProperties: false })
  })

  const sources: { readonly [name: string]: ConfigInput<{ readonly queue: string; readonly size?: number }> } = {
    "an Effect schema": Schema.Struct({ queue: Schema.String, size: Schema.optionalKey(Schema.Int) }),
    "an Effect schema of another copy": Second.Struct({ queue: Second.String, size: Second.optionalKey(Second.Int) }),
    "a Standard Schema of another copy": Second.toStandardSchemaV1(Second.Struct({ queue: Second.String, size: Second.optionalKey(Second.Int) }), {
      parseOptions: { onExcessProperty: "error" },
    }),
    "a JSON Schema": { type: "object", properties: { queue: { type: "string" }, size: { type: "integer" } }, required: ["queue"], additionalProperties: false },
  }

  it.each(Object.entries(sources))("takes %s", (_, schema) => {
    const { decode } = configOf(schema)
    expect(decode({ queue: "q", size: 2 })).toEqual({ ok: true, value: { queue: "q", size: 2 } })
    const bad = decode({ queue: 5, size: 1.5, other: true })
    expect(bad.ok ? [] : bad.issues.map(({ path }) => path.join(".")).sort()).toEqual(["other", "queue", "size"])
    expect(bad.ok ? [] : bad.issues.every(({ message }) => message.length > 0)).toBe(true)
  })

  it.each([
    ["effect 3", Object.assign(() => {}, { ast: { _tag: "TypeLiteral" } })],
    ["a record of schemas", { queue: Schema.String }],
    ["nothing", null],
  ])("refuses what is no schema (%s), and says what would be one", (_, schema) => {
    expect(() => configOf(schema as never)).toThrow(/take Schema from fleetwright\/plugin.*of effect 3 give Schema\.standardSchemaV1/)
  })

  it("refuses a schema of another copy that transforms, instead of failing in silence", () => {
    expect(() => configOf(Second.Struct({ size: Second.NumberFromString }))).toThrow(/toStandardSchemaV1/)
    expect(configOf(Second.toStandardSchemaV1(Second.Struct({ size: Second.NumberFromString }))).decode({ size: "4" })).toEqual({
      ok: true,
      value: { size: 4 },
    })
  })
})

describe("defineDriver", () => {
  it("gives `open` the decoded configuration, whatever the IR holds", async () => {
    const opened: Array<number> = []
    const driver = defineDriver({
      config: configOf(Schema.Struct({ size: Schema.NumberFromString })),
      capabilities: {},
      open: async ({ config: { size } }) => {
        opened.push(size)
        return { send: () => {}, events: (async function* () {})(), close: () => {} }
      },
    })
    const checked = driver.config?.decode({ size: "3" })
    expect(checked).toEqual({ ok: true, value: { size: "3" } })
    const context = { run: "r", session: "s", directory: "/", permissions: "ask", env: {} } as const
    await driver.open({ ...context, config: checked?.ok === true ? checked.value : undefined })
    expect(opened).toEqual([3])
    expect(() => driver.open({ ...context, config: { size: true } })).toThrow("the configuration does not fit: size:")
  })
})

describe("definePlugin", () => {
  it("gives each kind its own configuration, decoded", async () => {
    const plugin = definePlugin({
      name: "two",
      version: "1.0.0",
      api: 1,
      routing: { config: Schema.Struct({ to: Schema.String }), decide: ({ config: { to } }) => [{ send: to.toUpperCase() }] },
      policy: {
        boundaries: ["prompt"],
        config: Second.Struct({ limit: Second.Number }),
        decide: (_, { text }, { config: { limit } }) => ({ effect: (typeof text === "string" ? text.length : 0) > limit ? "deny" : "allow" }),
      },
    })
    const view = {
      run: "r",
      sessions: [],
      dynamic: [],
      session: () => {
        throw new Error("none")
      },
    }
    expect(
      await plugin.routing?.decide({
        session: "a",
        stop: "end_turn",
        view,
        config: { to: "b" },
        directory: "/",
        env: {},
        signal: new AbortController().signal,
      }),
    ).toEqual([{ send: "B" }])
    expect(await plugin.policy?.decide("prompt", { text: "long" }, { run: "r", config: { limit: 3 } })).toEqual({ effect: "deny" })
    expect(() => plugin.policy?.decide("prompt", { text: "long" }, { run: "r", config: {} })).toThrow("limit")
  })

  it("lets nothing be written under `with` for a kind without a schema", () => {
    const plugin = definePlugin({ name: "plain", version: "1.0.0", api: 1, sink: { write: () => {} } })
    expect(plugin.sink?.config?.decode({ a: 1 })).toMatchObject({ ok: false, issues: [{ path: ["a"] }] })
    expect(plugin.sink?.config?.decode({})).toMatchObject({ ok: true })
  })
})
