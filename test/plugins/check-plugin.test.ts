import { describe, expect, it } from "vitest"
import { checkPlugin, noCapabilities } from "#sdk"
import { definePlugin, Schema } from "#plugins/sdk/author.ts"

const decide = () => []
const good = { name: "router", version: "1.0.0", api: 1, routing: { decide } }

const wrong: ReadonlyArray<readonly [string, unknown, string]> = [
  ["nothing", undefined, "not made by definePlugin"],
  ["a function", decide, "not made by definePlugin"],
  ["no name", { ...good, name: undefined }, "`name`"],
  ["a name with a path", { ...good, name: "../x" }, "`name`"],
  ["no version", { ...good, version: "one" }, "`version`"],
  ["no kind", { ...good, routing: undefined }, "none of driver, workspace, policy, routing, sink"],
  ["a kind that is no record", { ...good, routing: decide }, "`routing` is no record"],
  ["routing without decide", { ...good, routing: {} }, "`routing.decide`"],
  ["a policy that looks at nothing", { ...good, policy: { decide, boundaries: [] } }, "`policy.boundaries`"],
  ["a policy at a boundary there is not", { ...good, policy: { decide, boundaries: ["shell"] } }, "`policy.boundaries`"],
  ["a driver without capabilities", { ...good, driver: { open: decide } }, "`driver.capabilities`"],
  [
    "a driver that forgets a capability",
    { ...good, driver: { open: decide, capabilities: { ...noCapabilities, resume: undefined } } },
    "`driver.capabilities.resume`",
  ],
  [
    "a driver with a misspelt capability",
    { ...good, driver: { open: decide, capabilities: { ...noCapabilities, cancelsTurn: true } } },
    "`driver.capabilities.cancelsTurn`",
  ],
  ["a driver with an unknown usage", { ...good, driver: { open: decide, capabilities: { ...noCapabilities, usage: "some" } } }, "`driver.capabilities.usage`"],
  ["a workspace that does not say whether it is isolated", { ...good, workspace: { acquire: decide } }, "`workspace.isolated`"],
  ["a sink whose close is no function", { ...good, sink: { write: decide, close: true } }, "`sink.close`"],
  ["a schema as it is", { ...good, routing: { decide, config: { type: "object" } } }, "`routing.config`"],
  ["a timeout that never comes", { ...good, routing: { decide, timeoutMs: Number.NaN } }, "`routing.timeoutMs`"],
  ["access to something unknown", { ...good, access: { disk: ["/"] } }, "`access.disk`"],
  ["access that is no list", { ...good, access: { net: "example.com" } }, "`access.net`"],
]

describe("checkPlugin", () => {
  it("lets pass what fits the contract", () => {
    expect(checkPlugin(good)).toMatchObject({ ok: true, plugin: { name: "router" } })
    expect(checkPlugin({ ...good, driver: { open: decide, capabilities: noCapabilities }, access: { net: ["example.com"] } })).toMatchObject({ ok: true })
  })

  it("takes what a driver of definePlugin leaves out for what it cannot do", () => {
    const written = { config: Schema.Struct({}), capabilities: { resume: true, usage: "delta" as const }, open: () => Promise.reject(new Error("not opened")) }
    expect(checkPlugin(definePlugin({ name: "some", version: "1.0.0", api: 1, driver: written }))).toMatchObject({
      ok: true,
      plugin: { driver: { capabilities: { ...noCapabilities, resume: true, usage: "delta" } } },
    })
  })

  it.each(wrong)("refuses %s", (_, exported, reason) => {
    const checked = checkPlugin(exported)
    expect(checked).toMatchObject({ ok: false, code: "plugin-load-failed" })
    expect(checked.ok || checked.code === "plugin-api-version" ? "" : checked.reason).toContain(reason)
  })

  it.each([
    [2, "2"],
    ["1", "1"],
    [undefined, "none"],
  ])("has a code of its own for API version %s", (api, found) => {
    expect(checkPlugin({ ...good, api })).toEqual({ ok: false, code: "plugin-api-version", found })
  })
})
