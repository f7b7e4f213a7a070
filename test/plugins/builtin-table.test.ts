/** The compiler knows the built-in drivers by a table, because it loads no plugin: what that says is what the drivers declare. */
import { describe, expect, it } from "vitest"
import { checkFleet, compile } from "#compiler"
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
  command: [["a", "b"]],
  text: ["a"],
  duration: ["10m"],
  any: [{ input: 1, output: 2 }, { error_lines: "oops" }, ["read", "list"]],
}

const wrong: { readonly [type: string]: ReadonlyArray<unknown> } = {
  command: ["a b", [], [""], [1]],
  text: [""],
  duration: ["soon", "0s", 5],
}

describe("what a session says to its driver", () => {
  const check = (session: string) =>
    compile({ file: "f.yaml", text: `fleet:\n  workspace: none\n  sessions:\n    a: ${session}\n  start: a\n`, files: () => undefined })
  it.each([
    ["{ driver: claude, stall_timeout: soon }", '"stall_timeout" must be a length of time such as 90s or 10m, found "soon"'],
    ["{ driver: claude, stall_timeout: 0s }", "such as 90s"],
    ["{ driver: codex, sandbox: none }", '"sandbox" must be one of "danger-full-access", "read-only", "workspace-write", found "none"'],
    ["{ driver: gemini, protocol: 3 }", '"protocol" must be one of "1", "2"'],
    ["{ driver: gemini, terminals: 65 }", '"terminals" must be a whole number from 0 to 64, found "65"'],
    ["{ driver: 'pty:sh', rows: many }", '"rows" must be a whole number from 1 to 1000'],
    ["{ driver: shell, command: [] }", '"command" must be a list of texts, a program and its arguments, found a list'],
    ["{ driver: shell, command: ls -l }", '"command" must be a list of texts'],
  ])("%s is refused before it runs", (session, message) => {
    expect(check(session).diagnostics.filter(({ severity }) => severity === "error")).toMatchObject([
      { code: "plugin-config-invalid", message: expect.stringContaining(message) },
    ])
  })
  it.each([
    ["{ driver: shell, command: [sleep, 5, true, 1.50] }", { command: ["sleep", "5", "true", "1.50"] }],
    ["{ driver: gemini, protocol: 2, terminals: 0 }", { protocol: "2", terminals: 0 }],
  ])("%s is text where text is wanted", (session, expected) => {
    expect(check(session).ir?.sessions[0]?.driver.with).toEqual(expected)
  })
})

describe("the configuration of workspaces", () => {
  const check = (text: string) =>
    findPlugins("f.yaml", text).then(({ plugins }) =>
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
    const taken = (key: string, value: unknown) => driver.config?.decode({ ...required, [key]: value }).ok
    for (const [key, { type, choices, least = 0, most = 0 }] of Object.entries(keys)) {
      const good = choices ?? (type === "count" ? [least, most] : samples[type]?.filter((value) => type !== "any" || taken(key, value)))
      const bad = type === "count" ? [least - 1, most + 1, 1.5] : [...(choices === undefined ? [] : ["none of them"]), ...(wrong[type] ?? [])]
      expect(good).not.toEqual([])
      for (const value of good ?? []) expect(taken(key, value), `${key}: ${JSON.stringify(value)}`).toBe(true)
      for (const value of bad) expect(taken(key, value), `${key}: ${JSON.stringify(value)}`).toBe(false)
    }
  })
})
