import type { Diagnostic } from "#compiler/diagnostics/diagnostic.ts"
import { checkFile, mendFile, type CheckedFleet } from "./compile-fleet.ts"
import { writeScripts } from "./check-scripts.ts"
import type { Command } from "./command.ts"
import { exit } from "./exit.ts"
import { findFleets } from "./fleet-files.ts"
import { formats, render } from "./render.ts"
import { colors, err, out } from "./terminal.ts"
import { writeText } from "./write-text.ts"

export const check: Command = {
  usage: "check [FILES…]",
  about: "Says everything that is wrong with fleets. Without FILES: fleet.yaml; directories are searched.",
  options: {
    format: { type: "string", choices: formats, about: "how to print (pretty)" },
    headless: { type: "boolean", about: "nobody is there to answer requests" },
    fix: { type: "boolean", about: "mend what can be mended without a doubt, in place" },
    scripts: { type: "string", value: "FOLDER", about: "write each scenario that is told of there, as a script for simulate" },
    "deny-warnings": { type: "boolean", about: "a warning fails the check" },
  },
  positionals: { least: 0, most: Infinity },
  run: async (given) => {
    const diagnostics: Array<Diagnostic> = []
    const texts = new Map<string, string>()
    const files = await findFleets(given.positionals)
    for (const file of files) {
      const checked = await (given.flag("fix") ? mend : checkFile)(file, { headless: given.flag("headless") })
      diagnostics.push(...checked.diagnostics)
      for (const [name, text] of checked.texts) texts.set(name, text)
    }
    const format = given.text("format") ?? "pretty"
    const folder = given.text("scripts")
    out(await render(format, diagnostics, texts, colors(process.stdout)))
    if (format === "pretty" && diagnostics.length === 0) out(`${files.length === 1 ? files[0] : `${files.length} fleets`}: nothing to say against it\n`)
    if (folder !== undefined) for (const command of await writeScripts(folder, diagnostics, texts)) err(`to see it happen: ${command}\n`)
    else if (format === "pretty" && diagnostics.some(({ replay }) => replay !== undefined))
      out(`to see what is told happen: --scripts FOLDER writes it as scripts for fleetwright simulate\n`)
    const denied = given.flag("deny-warnings") ? ["error", "warning"] : ["error"]
    return diagnostics.some(({ severity }) => denied.includes(severity)) ? exit.failed : exit.fine
  },
}

/** What was mended is said on standard error, so that the output stays what `--format` says. */
const mend = async (file: string, options: { readonly headless: boolean }): Promise<CheckedFleet> => {
  const checked = await mendFile(file, options)
  if (checked.mended.length > 0) await writeText(file, checked.text)
  for (const title of checked.mended) err(`${file}: mended: ${title}\n`)
  return checked
}
