/** Whether a program is here, and which version: asked with `--version`, which starts nothing else. */
import { tmpdir } from "node:os"
import { startProcess } from "#sdk"

export interface Probed {
  readonly found: boolean
  readonly version?: string
  /** What is wrong with it. */
  readonly problem?: string
}

const limitMs = 20_000

/** `env`: all that it is given. */
export const probeProgram = async (command: ReadonlyArray<string>, env: { readonly [name: string]: string }): Promise<Probed> => {
  const started = await startProcess({ command, directory: tmpdir(), env }).catch((error: NodeJS.ErrnoException) => error)
  if (started instanceof Error) return started.code === "ENOENT" ? { found: false } : { found: true, problem: `it does not start: ${started.message}` }
  started.endInput()
  const late = setTimeout(() => void started.stop(), limitMs)
  let text = ""
  for await (const line of started.lines) if (line.ok && text === "") text = line.text
  const { code } = await started.exited
  clearTimeout(late)
  await started.stop()
  const said = text === "" ? started.complaints() : text
  if (code !== 0)
    return {
      found: true,
      problem: `\`${command.join(" ")}\` ${code === null ? `did not end in ${limitMs / 1000} s` : `ends with code ${code}`}${said === "" ? "" : `: ${said.trim().split("\n")[0]}`}`,
    }
  const version = /\d+\.\d+(?:\.\d+)?[\w.+-]*/u.exec(said)?.[0]
  return version === undefined ? { found: true } : { found: true, version }
}

/** Whether `version` is `least` or later, by its numbers. */
export const isAtLeast = (version: string, least: string): boolean => {
  const numbers = (text: string): ReadonlyArray<number> => text.split(/[^\d]+/u).map(Number)
  const [one, other] = [numbers(version), numbers(least)]
  for (const [at, wanted] of other.entries()) if ((one[at] ?? 0) !== wanted) return (one[at] ?? 0) > wanted
  return true
}
