/** Counterexamples of a check as scripts, so that they can be seen happening: `simulate` plays them. */
import { basename, extname, join } from "node:path"
import type { Diagnostic, Replay } from "#compiler"
import { Sources } from "#compiler/diagnostics/line-index.ts"
import { quoted } from "./quoted.ts"
import { makeFolder, writeText } from "./write-text.ts"

/** One file for each that can be played, named after fleet, line and code; one of that name is replaced. Gives the commands that play them. */
export const writeScripts = async (
  folder: string,
  diagnostics: ReadonlyArray<Diagnostic>,
  texts: ReadonlyMap<string, string>,
): Promise<ReadonlyArray<string>> => {
  const { stringify } = await import("yaml")
  const sources = new Sources(texts)
  const written = new Map<string, number>()
  const commands: Array<string> = []
  for (const { span, code, message, replay } of diagnostics) {
    const found = replay?.()
    if (found === undefined) continue
    const { line } = sources.index(span.file).position(span.start)
    const name = `${basename(span.file, extname(span.file))}-${line}-${code}`
    const count = (written.get(name) ?? 0) + 1
    written.set(name, count)
    const path = join(folder, `${name}${count === 1 ? "" : `-${count}`}.yaml`)
    const command = commandOf(span.file, path, found)
    if (commands.length === 0) await makeFolder(folder)
    await writeText(path, `${comment(message)}\n${comment(command)}\n${stringify(found.script)}`)
    commands.push(command)
  }
  return commands
}

const commandOf = (fleet: string, script: string, { inputs }: Replay): string =>
  ["fleetwright simulate", fleet, "--script", script, ...Object.entries(inputs).flatMap(([name, value]) => ["--input", `${name}=${value}`])]
    .map((word, at) => (at === 0 ? word : quoted(word)))
    .join(" ")

const comment = (text: string): string => text.replace(/^/gm, "# ")
