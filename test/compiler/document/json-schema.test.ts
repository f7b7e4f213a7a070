import { readdirSync, readFileSync } from "node:fs"
import { Ajv2020 } from "ajv/dist/2020.js"
import { describe, expect, it } from "vitest"
import { parse } from "yaml"
import { checkFleet } from "#compiler"
import { fleetJsonSchema, fleetProperties, sessionProperties } from "#compiler/document/json-schema.ts"
import { fleetKeys } from "#compiler/document/read-document.ts"
import { sessionKeys } from "#compiler/document/read-settings.ts"

const validate = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true, allErrors: true }).compile(fleetJsonSchema())
const errors = (text: string): ReadonlyArray<string> =>
  validate(parse(text, { merge: true })) ? [] : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)

describe("the JSON Schema of fleet files", () => {
  it("knows the keys that the compiler reads", () => {
    expect(Object.keys(fleetProperties).sort()).toEqual([...fleetKeys].sort())
    expect(Object.keys(sessionProperties).sort()).toEqual([...sessionKeys, "command"].sort())
  })

  it("takes the fleet of the first example", () => {
    expect(errors(readFileSync("examples/hello/fleet.yaml", "utf8"))).toEqual([])
  })

  const mended = readdirSync("docs/codes").flatMap((page) => {
    const fleets = [...readFileSync(`docs/codes/${page}`, "utf8").matchAll(/```yaml\n([\s\S]*?)```/g)].map((found) => found[1] ?? "")
    return fleets.map((text) => [page, text] as const)
  })
  const sound = mended.filter(([, text]) =>
    checkFleet({ file: "f.yaml", text, files: () => undefined }).diagnostics.every(({ severity }) => severity !== "error"),
  )

  it.each(sound)("takes what check takes: %s", (_, text) => {
    expect(errors(text)).toEqual([])
  })

  it.each([
    ["a misspelt key", "fleet: { sesions: {}, sessions: { a: { driver: shell } }, start: a }", "additional properties"],
    ["no start", "fleet: { sessions: { a: { driver: shell } } }", "required property 'start'"],
    ["a time without a unit", "fleet: { sessions: { a: { driver: shell, timeout: 30 } }, start: a }", "/fleet/sessions/a/timeout must be string"],
    ["a limit of nothing", "fleet: { sessions: { a: { driver: shell, timeout: 0s } }, start: a }", "/fleet/sessions/a/timeout must match"],
    ["two things that run a session", "fleet: { sessions: { a: { driver: claude, agent: b } }, start: a }", "/fleet/sessions/a must NOT be valid"],
    ["a word of the language for an id", "fleet: { sessions: { on: { driver: shell } }, start: on }", "/fleet/sessions must NOT be valid"],
    ["a branch that is none", "fleet: { base_branch: a..b, sessions: { a: { driver: claude } }, start: a }", "/fleet/base_branch must match"],
    ["two actions", "fleet: { sessions: { a: { driver: shell } }, start: a, routes: [{ when: a.done, route_to: a, collect: human }] }", "exactly one schema"],
    ["no event", "fleet: { sessions: { a: { driver: shell } }, start: a, routes: [{ when: a, collect: human }] }", "/when must match"],
    ["nobody to send to", "fleet: { sessions: { a: { driver: shell } }, start: a, routes: [{ when: a.done, fan_out: { to: [] } }] }", "fewer than 1"],
    ["a permission that is none", "fleet: { permissions: maybe, sessions: { a: { driver: shell } }, start: a }", "equal to one of"],
  ])("refuses %s, as check does", (_, text, message) => {
    expect(errors(text).join("\n")).toContain(message)
    expect(checkFleet({ file: "f.yaml", text, files: () => undefined }).diagnostics.some(({ severity }) => severity === "error")).toBe(true)
  })
})
