import { dirname, resolve } from "node:path"
import type { Command } from "./command.ts"
import { exit } from "./exit.ts"
import { readText } from "./fleet-files.ts"
import { out } from "./terminal.ts"

interface Row {
  readonly name: string
  readonly version: string
  readonly kinds: ReadonlyArray<string>
  readonly from: string
  readonly access: { readonly [what: string]: ReadonlyArray<string> }
  readonly problem?: string
}

export const plugins: Command = {
  usage: "plugins [FILE]",
  about: "Lists the plugins that come along and, with FILE or a fleet.yaml here, those that the fleet loads: what they provide and what they touch.",
  options: { format: { type: "string", choices: ["pretty", "json"], about: "how to print (pretty)" } },
  positionals: { least: 0, most: 1 },
  run: async (given) => {
    const [file] = given.positionals
    const own = await fleetPlugins(file)
    const rows = [...own, ...(await builtinPlugins())]
    if (given.text("format") === "json") out(`${JSON.stringify({ plugins: rows }, null, 2)}\n`)
    else out(table(rows))
    return own.some(({ problem }) => problem !== undefined) ? exit.failed : exit.fine
  },
}

const fleetPlugins = async (file: string | undefined): Promise<ReadonlyArray<Row>> => {
  const path = file ?? "fleet.yaml"
  const text = await readText(path).catch((error: unknown) => {
    if (file === undefined) return ""
    throw error
  })
  const [{ pluginsNamed }, { loadPlugin }, { manifestOf }] = await Promise.all([
    import("#compiler"),
    import("#plugins/loader/load-plugin.ts"),
    import("#plugins/loader/manifest.ts"),
  ])
  return Promise.all(
    pluginsNamed(path, text).map(async (from): Promise<Row> => {
      const loaded = await loadPlugin(from, { directory: dirname(resolve(path)) })
      if (!loaded.ok) {
        const problem = loaded.code === "plugin-api-version" ? `it is made for API version ${loaded.found}, this is version ${loaded.expected}` : loaded.reason
        return { name: from, version: "", kinds: [], from, access: {}, problem }
      }
      const { name, version, kinds, access } = manifestOf(loaded.plugin, loaded.integrity)
      return { name, version, kinds: Object.keys(kinds), from, access: { ...access } }
    }),
  )
}

const builtinPlugins = async (): Promise<ReadonlyArray<Row>> => {
  const [all, { version }] = await Promise.all([import("#plugins"), import("./version.ts")])
  const rows = (kind: string, named: { readonly [name: string]: unknown }): ReadonlyArray<Row> =>
    Object.keys(named)
      .sort()
      .map((name) => ({ name, version: version(), kinds: [kind], from: "built in", access: {} }))
  return [
    ...rows("driver", all.builtinDrivers),
    ...rows("workspace", all.builtinWorkspaces),
    ...rows("policy", all.builtinPolicies),
    ...rows("routing", all.builtinRouters),
  ]
}

const table = (rows: ReadonlyArray<Row>): string => {
  const cells = rows.map(({ name, version, kinds, from, access, problem }) => {
    const touches = Object.entries(access).flatMap(([what, names]) => (names.length === 0 ? [] : [`${what} ${names.join(",")}`]))
    return [name, version, kinds.join(", "), from, problem === undefined ? touches.join("; ") : `cannot be loaded: ${problem}`]
  })
  const widths = [0, 1, 2, 3].map((column) => Math.max(0, ...cells.map((row) => row[column]?.length ?? 0)))
  return cells
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("")
}
