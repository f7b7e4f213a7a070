/** The compiler knows the built-in drivers by a table, because it loads no plugin: what that says is what the drivers declare. */
import { describe, expect, it } from "vitest"
import { checkFleet } from "#compiler"
import type { Driver } from "#sdk"
import { builtinDrivers as described, type DriverDescription } from "../../compiler/check/builtin-plugins.ts"
import { findPlugins } from "../../library/find-plugins.ts"
import { builtinDrivers } from "../../plugins/index.ts"

const abilitiesOf = ({ capabilities }: Driver): ReadonlyArray<string> => [
  "output",
  "permissions",
  ...(capabilities.model ? ["model"] : []),
  ...(capabilities.systemPrompt ? ["system_prompt"] : []),
  ...(capabilities.maxTurns ? ["max_turns"] : []),
  ...(capabilities.resume ? ["checkpoint"] : []),
  ...(capabilities.sandbox === true ? ["sandbox"] : []),
]

const requiredOf = ({ config }: Driver): ReadonlyArray<string> => {
  const schema = config?.jsonSchema
  return typeof schema === "object" && schema !== null && "required" in schema && Array.isArray(schema.required)
    ? schema.required.map(String).filter((key) => key !== "target")
    : []
}

/** Values of every type a key of the table can have. */
const samples: { readonly [type: string]: ReadonlyArray<unknown> } = {
  "text list": [["a", "b"]],
  text: ["10m", "read-only", "1"],
  any: [{ input: 1, output: 2 }],
  number: [1],
  boolean: [true],
}

describe("the configuration of workspaces", () => {
  const check = (text: string) =>
    findPlugins("f.yaml", text).then((plugins) =>
      checkFleet({ file: "f.yaml", text, files: () => undefined, plugins }).diagnostics.filter(({ severity }) => severity === "error"),
    )
  it.each([
    ["git-worktree", "{ foo: 1 }"],
    ["directory", "{ path: 3 }"],
    ["none", "{ path: a }"],
  ])("%s refuses %s", async (use, given) => {
    expect(
      await check(`fleet:\n  base_branch: main\n  workspace: { use: ${use}, with: ${given} }\n  sessions: { a: { driver: claude } }\n  start: a\n`),
    ).toMatchObject([{ code: "plugin-config-invalid" }])
  })
})

const rowOf = (name: string): DriverDescription => {
  const row = described.find((each) => each.name === name)
  if (row === undefined) throw new Error(`the compiler does not know the driver ${name}`)
  return row
}

describe.each(Object.entries(builtinDrivers))("%s", (name, driver) => {
  it("can what the compiler thinks it can", () => {
    expect(rowOf(name).abilities.toSorted()).toEqual(abilitiesOf(driver).toSorted())
    expect(rowOf(name).asks !== false).toBe(driver.capabilities.permission)
    expect(rowOf(name).usage !== undefined).toBe(driver.capabilities.usage === "none")
  })

  it("takes the keys that the compiler lets through", () => {
    const { keys } = rowOf(name)
    expect(Object.keys(keys).toSorted()).toEqual([...(driver.config?.keys ?? [])].toSorted())
    expect(
      Object.keys(keys)
        .filter((key) => keys[key]?.required)
        .toSorted(),
    ).toEqual([...requiredOf(driver)].toSorted())
    const { scheme } = rowOf(name)
    // what stands after the colon
    const required = { ...(scheme ? { target: "http://127.0.0.1" } : {}), ...Object.fromEntries(requiredOf(driver).map((key) => [key, ["a"]])) }
    for (const [key, { type }] of Object.entries(keys)) {
      const taken = samples[type]?.some((value) => driver.config?.decode({ ...required, [key]: value }).ok)
      expect(taken, `${key}: ${type}`).toBe(true)
    }
  })
})
