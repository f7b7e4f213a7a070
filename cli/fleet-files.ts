/** Finding and reading what a command was given. Everything that can be wrong with a file is a `NotStarted` in one line. */
import { readdir, readFile, stat } from "node:fs/promises"
import { join } from "node:path"
import { NotStarted } from "./exit.ts"

const largest = 10_000_000
const skipped = new Set(["node_modules", "dist", "coverage"])

/** Fleet files for the arguments of a command: files as they are, directories searched for `fleet.yaml` and `*.fleet.yaml`. */
export const findFleets = async (args: ReadonlyArray<string>): Promise<ReadonlyArray<string>> => {
  if (args.length === 0) return ["fleet.yaml"]
  const found: Array<string> = []
  for (const path of args) {
    if (!(await kindOf(path)).isDirectory()) found.push(path)
    else {
      const inside = await search(path)
      if (inside.length === 0) throw new NotStarted(`${path}: no fleet.yaml in this directory`)
      found.push(...inside)
    }
  }
  return [...new Set(found)]
}

const search = async (directory: string): Promise<ReadonlyArray<string>> => {
  const found: Array<string> = []
  const entries = await readdir(directory, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => { throw unreadable(directory, error) })
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(directory, entry.name)
    if (entry.isFile() && /^(.*\.)?fleet\.ya?ml$/.test(entry.name)) found.push(path)
    else if (entry.isDirectory() && !entry.name.startsWith(".") && !skipped.has(entry.name)) found.push(...(await search(path)))
  }
  return found
}

/** The text of a file: UTF-8, at most 10 MB, without NUL. */
export const readText = async (path: string): Promise<string> => {
  const status = await kindOf(path)
  if (status.isDirectory()) throw new NotStarted(`${path}: this is a directory`)
  if (status.size > largest) throw new NotStarted(`${path}: too large (${Math.ceil(status.size / 1_000_000)} MB; at most 10 MB)`)
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => { throw unreadable(path, error) })
  if (bytes.includes(0)) throw new NotStarted(`${path}: this is not text (it holds NUL bytes)`)
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes)
  } catch {
    throw new NotStarted(`${path}: this is not UTF-8 text`)
  }
}

const kindOf = (path: string) =>
  stat(path).catch((error: NodeJS.ErrnoException) => { throw unreadable(path, error) })

const unreadable = (path: string, error: NodeJS.ErrnoException): NotStarted =>
  new NotStarted(`${path}: ${error.code === "ENOENT" ? "no such file" : error.code === "EACCES" ? "may not be read" : error.code ?? error.message}`)
