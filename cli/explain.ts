import { readFile } from "node:fs/promises"
import { codes, isCode, type Code } from "#compiler/diagnostics/catalogue.ts"
import { suggest } from "#compiler/diagnostics/suggest.ts"
import type { Command } from "./command.ts"
import { exit, NotStarted, type ExitCode } from "./exit.ts"
import { out } from "./terminal.ts"

export const explain: Command = {
  usage: "explain CODE | FILE",
  about: "Prints the page of a diagnostic; or tells a fleet in plain words.",
  options: {},
  positionals: { least: 1, most: 1 },
  run: async (given) => {
    const [asked = ""] = given.positionals
    if (isCode(asked)) return explainCode(asked)
    if (!/[./\\]/.test(asked)) throw unknownCode(asked)
    const [{ loadFleet }, { describe }] = await Promise.all([import("./load-fleet.ts"), import("./describe.ts")])
    out(describe(await loadFleet(asked, { headless: false })))
    return exit.fine
  },
}

const explainCode = async (code: Code): Promise<ExitCode> => {
  const page = new URL(`../docs/codes/${code}.md`, import.meta.url)
  out(
    await readFile(page, "utf8").catch(() => {
      throw new NotStarted(`the page of ${code} is not installed`)
    }),
  )
  return exit.fine
}

const unknownCode = (asked: string): NotStarted => {
  const near = suggest(asked, codes)
  return new NotStarted(`there is no code ${JSON.stringify(asked)}${near === undefined ? "" : `; did you mean ${near}?`}`)
}
