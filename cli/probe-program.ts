/** Whether a program is here, and which version: asked with `--version`, which starts nothing else. */
import { existsSync, lstatSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join, resolve } from "node:path"
import { stripVTControlCharacters } from "node:util"
import { findProgram, startProcess } from "#sdk"

export interface Probed {
  readonly found: boolean
  readonly version?: string
  /** What is wrong with it. */
  readonly problem?: string
}

const mostMs = 20_000
const longest = 200

/** The first line that says something, as it may stand on somebody's screen. */
const firstLine = (text: string): string => {
  const lines = text.split("\n").map((line) =>
    [...stripVTControlCharacters(line)]
      .filter((letter) => !/\p{Cc}|\ufffd/u.test(letter))
      .join("")
      .trim(),
  )
  return (lines.find((line) => line !== "") ?? "").slice(0, longest)
}

/** What stands under the name of a program that is not there: a link whose target is gone, or what may not be executed. */
const standing = (program: string, path: string): string | undefined => {
  const places = program.includes("/") ? [resolve(tmpdir(), program)] : path.split(delimiter).flatMap((each) => (each === "" ? [] : [join(each, program)]))
  return places.find((place) => lstatSync(place, { throwIfNoEntry: false }) !== undefined)
}

const unstarted = ([program = ""]: ReadonlyArray<string>, path: string, error: NodeJS.ErrnoException): Probed => {
  if (error.code !== "ENOENT") return { found: true, problem: `it does not start: ${error.message}` }
  const there = findProgram(program, { directory: tmpdir(), path })
  if (there !== undefined)
    return { found: true, problem: `${there} does not start: what runs it, the interpreter in its first line or the system's loader, is not there` }
  const place = standing(program, path)
  if (place === undefined) return { found: false }
  if (existsSync(place)) return { found: true, problem: `it does not start: ${place} may not be executed (EACCES)` }
  return { found: true, problem: `${place} is a link to something that is not there: install it again` }
}

/** `env`: all that it is given. `limitMs`: what does not end is stopped then. */
export const probeProgram = async (command: ReadonlyArray<string>, env: { readonly [name: string]: string }, limitMs = mostMs): Promise<Probed> => {
  const started = await startProcess({ command, directory: tmpdir(), env }).catch((error: NodeJS.ErrnoException) => error)
  if (started instanceof Error) return unstarted(command, env["PATH"] ?? "", started)
  started.endInput()
  let isLate = false
  const late = setTimeout(() => {
    isLate = true
    void started.stop()
  }, limitMs)
  let text = ""
  for await (const line of started.lines) if (line.ok && text === "") text = firstLine(line.text)
  const { code, signal } = await started.exited
  clearTimeout(late)
  await started.stop()
  const said = text === "" ? firstLine(started.complaints()) : text
  if (isLate || code !== 0) {
    const how = isLate ? `did not end in ${limitMs / 1000} s` : code === null ? `was killed by ${signal}` : `ends with code ${code}`
    return { found: true, problem: `\`${command.join(" ")}\` ${how}${said === "" ? "" : `: ${said}`}` }
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
