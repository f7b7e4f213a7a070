import { existsSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import type { Command } from "./command.ts"
import { denoFlags, type Needs, type Places } from "./deno-flags.ts"
import { exit } from "./exit.ts"
import { loadFleet } from "./load-fleet.ts"
import { out } from "./terminal.ts"

export const permissions: Command = {
  usage: "permissions FILE",
  about: "Prints the least that a fleet needs under Deno, as flags, with what each is for.",
  options: { format: { type: "string", choices: ["pretty", "json", "flags"], about: "how to print (pretty); flags: one line for a command line" } },
  positionals: { least: 1, most: 1 },
  run: async (given) => {
    const [path = ""] = given.positionals
    const ir = await loadFleet(path, { headless: false })
    const needs = denoFlags(ir, placesOf(dirname(resolve(path))))
    const format = given.text("format")
    if (format === "json") out(`${JSON.stringify({ needs }, null, 2)}\n`)
    else if (format === "flags") out(`${needs.map(({ flag }) => flag).join(" ")}\n`)
    else out(pretty(needs, path))
    return exit.fine
  },
}

const installed = fileURLToPath(new URL("..", import.meta.url))

const placesOf = (root: string): Places => {
  let repository = root
  while (!existsSync(join(repository, ".git")) && dirname(repository) !== repository) repository = dirname(repository)
  const cedar = placeOfCedar()
  return {
    root,
    repository: existsSync(join(repository, ".git")) ? repository : root,
    installed: installed.replace(/[/\\]$/, ""),
    ...(cedar === undefined ? {} : { cedar }),
  }
}

/** Undefined where it is not installed: a fleet that needs it is then refused, with the reason. */
const placeOfCedar = (): string | undefined => {
  try {
    return dirname(createRequire(import.meta.url).resolve("@cedar-policy/cedar-wasm/nodejs"))
  } catch {
    return undefined
  }
}

const pretty = (needs: ReadonlyArray<Needs>, path: string): string => {
  const width = Math.min(60, Math.max(...needs.map(({ flag }) => flag.length)))
  const rows = needs.map(({ flag, why }) => `  ${flag.padEnd(width)}  ${why.join("; ")}\n`)
  return `${rows.join("")}\ndeno run ${needs.map(({ flag }) => flag).join(" ")} npm:fleetwright run ${path}\n`
}
