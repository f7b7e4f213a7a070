import { dirname, resolve } from "node:path"
import { parse, YAMLError } from "yaml"
import type { Json } from "#ir"
import { boundaries, fieldsOf, isFields, isList, textOf, type Boundary, type Plugin } from "#sdk"
import type { Command } from "./command.ts"
import { exit, NotStarted } from "./exit.ts"
import { readText } from "./fleet-files.ts"
import { out } from "./terminal.ts"

interface Case {
  readonly name: string
  readonly at: Boundary
  readonly payload: { readonly [key: string]: Json }
  readonly expect: string
  /** What is left of the payload. */
  readonly passes?: Json
}

const expected = ["allow", "ask", "deny", "redact", "nothing"]

export const policy: Command = {
  usage: "policy test FILE",
  about:
    "Asks a policy pack about a table of cases, as the runtime does. FILE is YAML: policy (a built-in pack or the file of a plugin), with, cases: [{ at, payload, expect, passes? }], or { command, expect } for a shell command.",
  options: { format: { type: "string", choices: ["pretty", "json"], about: "how to print (pretty)" } },
  positionals: { least: 2, most: 2 },
  run: async (given) => {
    const [what, path = ""] = given.positionals
    if (what !== "test") throw new NotStarted(`policy ${JSON.stringify(what)} is unknown; fleetwright policy test FILE`)
    const table = fieldsOf(readTable(path, await readText(path)))
    const cases = casesOf(path, table["cases"])
    const plugin = await packOf(textOf(table["policy"]), dirname(resolve(path)))
    const config = await withTexts(path, table["with"] ?? {}, plugin.policy?.config?.files ?? [])
    const read = plugin.policy?.config?.decode(config)
    if (read?.ok === false)
      throw new NotStarted(`${path}: with: ${read.issues.map(({ path: at, message }) => [...at.map(String), message].join(": ")).join("; ")}`)
    const { tryPolicy } = await import("../library/try-plugins.ts")
    const results: Array<{
      readonly name: string
      readonly ok: boolean
      readonly found: string
      readonly reasons: ReadonlyArray<string>
      readonly passes: Json
    }> = []
    for (const { name, at, payload, expect, passes } of cases) {
      const { effect = "nothing", reasons, payload: left } = await tryPolicy(plugin, at, payload, { config, workspace: dirname(resolve(path)) })
      const same = passes === undefined || JSON.stringify(sorted(passes)) === JSON.stringify(sorted(left))
      results.push({
        name,
        ok: effect === expect && same,
        found: same ? `${effect} instead of ${expect}` : `it lets ${JSON.stringify(left)} pass`,
        reasons,
        passes: left,
      })
    }
    const wrong = results.filter(({ ok }) => !ok)
    if (given.text("format") === "json")
      out(`${JSON.stringify({ cases: results.map(({ name, ok, reasons, passes }) => ({ name, ok, reasons, passes })) }, null, 2)}\n`)
    else
      out(
        `${results.map(({ name, ok, found, reasons }) => `${ok ? "ok  " : "FAIL"}  ${name}${ok ? "" : `: ${found}${reasons.length === 0 ? "" : ` (${reasons.join("; ")})`}`}\n`).join("")}${results.length} case${results.length === 1 ? "" : "s"}, ${wrong.length} wrong\n`,
      )
    return wrong.length === 0 ? exit.fine : exit.failed
  },
}

const readTable = (path: string, text: string): Json => {
  try {
    return JSON.parse(JSON.stringify(parse(text) ?? null))
  } catch (error) {
    throw new NotStarted(`${path}: ${error instanceof YAMLError || error instanceof Error ? error.message.split("\n")[0] : String(error)}`)
  }
}

const casesOf = (path: string, list: Json | undefined): ReadonlyArray<Case> => {
  if (!isList(list) || list.length === 0) throw new NotStarted(`${path}: cases: expected a list of { at, payload, expect } or { command, expect }`)
  return list.map((one, index): Case => {
    const { name, expect, passes, command, ...given } = fieldsOf(one)
    const { at, payload } = command === undefined ? given : { at: "tool", payload: { tool: "Bash", input: { command } } }
    const boundary = boundaries.find((known) => known === at)
    const where = `${path}: cases.${index}`
    if (boundary === undefined) throw new NotStarted(`${where}.at: expected one of ${boundaries.join(", ")}`)
    if (!isFields(payload)) throw new NotStarted(`${where}.payload: expected a record`)
    if (!expected.includes(textOf(expect))) throw new NotStarted(`${where}.expect: expected one of ${expected.join(", ")}`)
    return {
      name: textOf(name) || (command === undefined ? `${boundary} ${JSON.stringify(payload)}` : JSON.stringify(command)),
      at: boundary,
      payload,
      expect: textOf(expect),
      ...(passes === undefined ? {} : { passes }),
    }
  })
}

/** Paths give way to the texts of their files, as the compiler does it. */
const withTexts = async (path: string, config: Json, keys: ReadonlyArray<string>): Promise<Json> => {
  if (!isFields(config)) return config
  const entries = Object.entries(config).map(async ([key, value]): Promise<readonly [string, Json]> =>
    keys.includes(key) && typeof value === "string" && /^\.{1,2}\/[^\n]*$/.test(value) ? [key, await readText(resolve(dirname(path), value))] : [key, value],
  )
  return Object.fromEntries(await Promise.all(entries))
}

const packOf = async (named: string, directory: string): Promise<Plugin> => {
  const { builtinPolicies } = await import("#plugins")
  const builtin = Object.hasOwn(builtinPolicies, named) ? builtinPolicies[named] : undefined
  if (builtin !== undefined) return { name: named, version: "1.0.0", api: 1, policy: builtin }
  if (named === "") throw new NotStarted(`policy: expected a pack: ${Object.keys(builtinPolicies).join(", ")}, or the file of a plugin`)
  const loaded = await (await import("#plugins/loader/load-plugin.ts")).loadPlugin(named, { directory })
  if (!loaded.ok)
    throw new NotStarted(
      `policy ${named} could not be loaded: ${loaded.code === "plugin-api-version" ? `it is made for API version ${loaded.found}` : loaded.reason}`,
    )
  if (loaded.plugin.policy === undefined) throw new NotStarted(`${named} is no policy pack`)
  return loaded.plugin
}

/** Keys in order, so that two records can be compared as text. */
const sorted = (value: Json): Json =>
  isList(value)
    ? value.map(sorted)
    : isFields(value)
      ? Object.fromEntries(
          Object.entries(value)
            .toSorted(([a], [b]) => (a < b ? -1 : 1))
            .map(([key, inner]) => [key, sorted(inner)]),
        )
      : value
