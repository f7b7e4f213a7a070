import { canonicalJson } from "#ir"
import type { Command } from "./command.ts"
import { compileFile } from "./compile-fleet.ts"
import { exit } from "./exit.ts"
import { render } from "./render.ts"
import { colors, err, out } from "./terminal.ts"
import { writeText } from "./write-text.ts"

export const compile: Command = {
  usage: "compile FILE [-o OUT]",
  about: "Prints the IR of a fleet as canonical JSON; refuses a fleet with errors.",
  options: {
    output: { type: "string", short: "o", value: "OUT", about: "write to a file" },
    headless: { type: "boolean", about: "nobody is there to answer requests" },
  },
  positionals: { least: 1, most: 1 },
  run: async (given) => {
    const [path = ""] = given.positionals
    const { diagnostics, texts, ir } = await compileFile(path, { headless: given.flag("headless") })
    err(await render("pretty", diagnostics, texts, colors(process.stderr)))
    if (ir === undefined) return exit.failed
    const text = canonicalJson(ir)
    const output = given.text("output")
    if (output === undefined || output === "-") out(text)
    else await writeText(output, text)
    return exit.fine
  },
}
