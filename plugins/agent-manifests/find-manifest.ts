/** Where the manifest of an agent is: a path relative to the fleet file, or a name that is looked for as CAP says (section 5). */
import { execFile } from "node:child_process"
import { existsSync, realpathSync } from "node:fs"
import { readFile, stat } from "node:fs/promises"
import { dirname, join, resolve } from "node:path"
import { findProgram, programPlaces } from "#sdk"
import { readManifest, type ReadManifest } from "./read-manifest.ts"

const largest = 1024 * 1024
const probeMs = 5000

const fail = (...problems: ReadonlyArray<string>): ReadManifest => ({ ok: false, problems })

const readAt = async (path: string): Promise<ReadManifest> => {
  try {
    const about = await stat(path)
    if (!about.isFile()) return fail("it is no file")
    if (about.size > largest) return fail("it is larger than 1 MB")
    return readManifest(await readFile(path, "utf8"))
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined
    return fail(
      code === "ENOENT" || code === "ENOTDIR" ? "there is no such file" : `it cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

/** Problems of a manifest that somebody else has found say where it is. */
const foundAt = async (path: string): Promise<ReadManifest> => {
  const read = await readAt(path)
  return read.ok ? read : fail(...read.problems.map((problem) => `${path}: ${problem}`))
}

/** `directory` is the fleet file's. */
export const manifestAt = (path: string, directory: string): Promise<ReadManifest> => readAt(resolve(directory, path))

/** Where to look, for tests. */
export interface Surroundings {
  readonly path: string
  readonly home: string
  readonly system: string
}

const here = (): Surroundings => ({ path: process.env["PATH"] ?? "", home: process.env["HOME"] ?? "", system: "/usr/share/cap-agents" })

/** Told of each path before it is looked at. */
type Look = (path: string) => void

const unseen: Look = () => undefined

/** At the root of the package that a program is in, its links followed: the nearest folder above it with a `package.json` or the manifest itself. */
const inPackage = (program: string, look: Look): string | undefined => {
  const isThere = (path: string): boolean => {
    look(path)
    return existsSync(path)
  }
  const file = realpathSync(program)
  look(file)
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    const manifest = join(folder, "cap-agent.toml")
    if (isThere(manifest)) return manifest
    if (isThere(join(folder, "package.json"))) return undefined
  }
  return undefined
}

/** It gets nothing of the environment that it could tell. */
const probed = (program: string): Promise<string | undefined> =>
  new Promise((done, refuse) => {
    const options = { timeout: probeMs, killSignal: "SIGKILL", maxBuffer: largest, env: { PATH: here().path, HOME: here().home } } as const
    // what Deno withholds was not asked
    execFile(program, ["--cap-manifest"], options, (error, stdout) =>
      error?.name === "NotCapable" ? refuse(error) : done(error === null ? stdout : undefined),
    )
  })

/** The manifest of an agent by its name; undefined when there is none, without asking the program itself for it. */
export const manifestOf = async (name: string, at: Surroundings = here(), look: Look = unseen): Promise<ReadManifest | undefined> => {
  const where = { directory: process.cwd(), path: at.path }
  const [program, places] = [findProgram(name, where), programPlaces(name, where)]
  places.slice(0, program === undefined ? undefined : places.indexOf(program) + 1).forEach(look)
  const packaged = program === undefined ? undefined : inPackage(program, look)
  if (packaged !== undefined) {
    const read = await foundAt(packaged)
    // a package may hold several programs, and another agent's manifest
    if (!read.ok || read.manifest.name === name || read.manifest.binary === name) return read
  }
  const found = [join(at.home, ".config/cap/agents", `${name}.toml`), join(at.system, `${name}.toml`)].find((path) => {
    look(path)
    return existsSync(path)
  })
  return found === undefined ? undefined : foundAt(found)
}

/** What the program prints for `--cap-manifest`, within five seconds; undefined when that is no manifest. */
export const probeManifest = async (name: string, at: Surroundings = here()): Promise<ReadManifest | undefined> => {
  const program = findProgram(name, { directory: process.cwd(), path: at.path })
  const text = program === undefined ? undefined : await probed(program)
  const read = text === undefined ? undefined : readManifest(text)
  return read?.ok === true ? read : undefined
}
