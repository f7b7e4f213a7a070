import { formatFleet } from "#compiler/format/index.ts"
import type { Command } from "./command.ts"
import { exit } from "./exit.ts"
import { findFleets, readText } from "./fleet-files.ts"
import { render } from "./render.ts"
import { colors, err, out } from "./terminal.ts"
import { writeText } from "./write-text.ts"

export const fmt: Command = {
  usage: "fmt [FILES…]",
  about: "Formats fleets in place, YAML and routing rules; keeps every comment. Without FILES: fleet.yaml; directories are searched.",
  options: {
    check: { type: "boolean", about: "change nothing; fail when a file is not formatted" },
    format: { type: "string", choices: ["text", "json"], about: "how to print (text)" },
  },
  positionals: { least: 0, most: Infinity },
  run: async (given) => {
    const results: Array<{ readonly file: string; readonly result: "formatted" | "unformatted" | "unchanged" | "kept" | "refused" }> = []
    for (const file of await findFleets(given.positionals)) {
      const text = await readText(file)
      const formatted = formatFleet(file, text)
      if (formatted.kind === "refused") err(await render("pretty", formatted.diagnostics, new Map([[file, text]]), colors(process.stderr)))
      if (formatted.kind !== "formatted") results.push({ file, result: formatted.kind })
      else if (formatted.text === text) results.push({ file, result: "unchanged" })
      else if (given.flag("check")) results.push({ file, result: "unformatted" })
      else {
        await writeText(file, formatted.text)
        results.push({ file, result: "formatted" })
      }
    }
    if (given.text("format") === "json") out(`${JSON.stringify({ files: results })}\n`)
    else for (const { file, result } of results) if (result !== "unchanged") out(`${file}: ${said[result]}\n`)
    return results.some(({ result }) => result === "refused" || result === "unformatted") ? exit.failed : exit.fine
  },
}

const said = {
  formatted: "formatted",
  unformatted: "not formatted",
  kept: "left as it is: a comment stands where the layout has no place for it",
  refused: "not formatted: it has to be a fleet that parses",
} as const
