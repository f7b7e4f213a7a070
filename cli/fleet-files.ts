/** Finding and reading what a command was given. Everything that can be wrong with a file is a `NotStarted` in one line. */
import { open, readdir, stat } from "node:fs/promises"
import { join } from "node:path"
import { NotStarted } from "./exit.ts"

const largest = 10_000_000
const skipped = new Set(["node_modules", "dist", "coverage"])

/** Fleet files for the arguments of a command: files as they are, directories searched for every YAML file that is a fleet. */
export const findFleets = async (args: ReadonlyArray<string>): Promise<ReadonlyArray<string>> => {
  if (args.length === 0) return ["fleet.yaml"]
  const found: Array<string> = []
  for (const path of args) {
    if (!(await kindOf(path)).isDirectory()) found.push(path)
    else {
      const inside = await search(path)
      if (inside.length === 0) throw new NotStarted(`${path}: no fleet in this directory (a YAML file with "fleet:" at its top)`)
      found.push(...inside)
    }
  }
  return [...new Set(found)]
}

const search = async (directory: string): Promise<ReadonlyArray<string>> => {
  const found: Array<string> = []
  const entries = await readdir(directory, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    throw unreadable(directory, error)
  })
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(directory, entry.name)
    if (entry.isFile() && /\.ya?ml$/.test(entry.name) && (isCalledFleet.test(entry.name) || (await looksLikeFleet(path)))) found.push(path)
    else if (entry.isDirectory() && !entry.name.startsWith(".") && !skipped.has(entry.name)) found.push(...(await search(path)))
  }
  return found
}

/** Whatever a file of this name holds, it was meant to be one. */
const isCalledFleet = /^(?:.*\.)?fleet\.ya?ml$/

/** Other YAML in a project is nobody's mistake here: a fleet has `fleet` for a top-level key. */
const looksLikeFleet = async (path: string): Promise<boolean> => {
  const bytes = await readUpTo(path, largest).catch((error: NodeJS.ErrnoException) => {
    throw unreadable(path, error)
  })
  return /^(?:\{\s*)?(["']?)fleet\1[ \t]*:(?=\s|$|[{[])/m.test(bytes.toString("utf8").replace(/^\ufeff/, ""))
}

/** The text of a file, or of a pipe: UTF-8, at most 10 MB, without NUL. A byte order mark at its beginning is no part of it. */
export const readText = async (path: string): Promise<string> => {
  const status = await kindOf(path)
  if (status.isDirectory()) throw new NotStarted(`${path}: this is a directory`)
  if (status.isBlockDevice() || status.isSocket()) throw new NotStarted(`${path}: this is no file`)
  const bytes = await readUpTo(path, largest + 1).catch((error: NodeJS.ErrnoException) => {
    throw unreadable(path, error)
  })
  if (bytes.length > largest)
    throw new NotStarted(`${path}: too large (${status.size > largest ? `${Math.ceil(status.size / 1_000_000)} MB; ` : ""}at most 10 MB)`)
  if (bytes.includes(0)) throw new NotStarted(`${path}: this is not text (it holds NUL bytes)`)
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes)
  } catch {
    throw new NotStarted(`${path}: this is not UTF-8 text`)
  }
}

/** Devices and pipes have no size and may never end. */
const readUpTo = async (path: string, most: number): Promise<Buffer> => {
  const file = await open(path)
  try {
    const chunks: Array<Buffer> = []
    for (let size = 0; size < most;) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(Math.min(65_536, most - size)))
      if (bytesRead === 0) break
      chunks.push(buffer.subarray(0, bytesRead))
      size += bytesRead
    }
    return Buffer.concat(chunks)
  } finally {
    await file.close()
  }
}

const kindOf = (path: string) =>
  stat(path).catch((error: NodeJS.ErrnoException) => {
    throw unreadable(path, error)
  })

const reasons: { readonly [code: string]: string } = {
  ENOENT: "no such file",
  ENOTDIR: "no such file",
  EACCES: "may not be read",
  EPERM: "may not be read",
  ELOOP: "its links lead in a circle",
  ENAMETOOLONG: "no such file (the name is too long)",
}

const unreadable = (path: string, error: NodeJS.ErrnoException): NotStarted =>
  new NotStarted(`${path}: ${reasons[error.code ?? ""] ?? error.code ?? error.message}`)
