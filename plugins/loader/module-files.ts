/**
 * What a plugin's code is made of. A plugin in a file: its module, and the modules that it imports by a relative path, and they in turn. An installed
 * package: every file of it. Of the packages that either needs, which version is installed.
 */
import { createHash } from "node:crypto"
import { readdir, readFile, stat } from "node:fs/promises"
import { dirname, join, relative, resolve, sep } from "node:path"
import { packageName, packageOf, packagesBehind, type Package } from "./packages.ts"

const largest = 10_000_000
const mostFiles = 1000
const mostPackageFiles = 10_000

/** Of `import … from "./x"`, `export … from "./x"`, `import "./x"` and `import("./x")`. What a comment or a text says so counts too, when there is such a file. */
const anyImport = /\b(?:from|import)\s*\(?\s*(["'])([^"'\n]+)\1/gu

const importsOf = (bytes: Uint8Array): ReadonlyArray<string> => [...new TextDecoder().decode(bytes).matchAll(anyImport)].map(([, , name = ""]) => name)

const sha256 = (bytes: Uint8Array | string): string => createHash("sha256").update(bytes).digest("hex")

const read = async (path: string): Promise<Uint8Array | string> => {
  try {
    const about = await stat(path)
    if (about.isDirectory()) return "this is a directory; name the file"
    if (about.size > largest) return "it is larger than 10 MB"
    return await readFile(path)
  } catch (error) {
    return `it cannot be read: ${error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error)}`
  }
}

export interface ModuleFiles {
  readonly ok: true
  /** Of each file, absolute. */
  readonly hashes: ReadonlyMap<string, string>
  /** The installed package that the plugin is. */
  readonly package?: Package
  /** Installed packages that it needs, and they in turn. */
  readonly packages: ReadonlyArray<Package>
}

type Unreadable = { readonly ok: false; readonly reason: string }

/** A reason when the module, or a file of the package, cannot be read. */
export const filesOf = async (entry: string): Promise<ModuleFiles | Unreadable> => {
  const own = packageOf(entry)
  return own === undefined ? filesFrom(entry) : filesIn(own)
}

const filesFrom = async (entry: string): Promise<ModuleFiles | Unreadable> => {
  const hashes = new Map<string, string>()
  const waiting = [entry]
  const needed: Array<{ readonly name: string; readonly from: string }> = []
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (hashes.has(path)) continue
    if (hashes.size >= mostFiles) return { ok: false, reason: `it is made of more than ${mostFiles} files` }
    const bytes = await read(path)
    if (typeof bytes === "string") {
      if (path === entry) return { ok: false, reason: bytes }
      // importing it will say so, if it is an import
      continue
    }
    hashes.set(path, sha256(bytes))
    const from = dirname(path)
    for (const name of importsOf(bytes)) {
      if (/^\.{1,2}\//.test(name)) waiting.push(resolve(from, name.replace(/[?#].*$/u, "")))
      else needed.push(...[packageName(name)].filter((one) => one !== undefined).map((one) => ({ name: one, from })))
    }
  }
  return { ok: true, hashes, packages: packagesBehind(needed) }
}

/** Packages within it are packages of their own. */
const filesIn = async (own: Package): Promise<ModuleFiles | Unreadable> => {
  const hashes = new Map<string, string>()
  const waiting = [own.folder]
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name)
      if (entry.isDirectory() && entry.name !== "node_modules") waiting.push(path)
      if (!entry.isFile()) continue
      if (hashes.size >= mostPackageFiles) return { ok: false, reason: `the package ${own.name} has more than ${mostPackageFiles} files` }
      const bytes = await read(path)
      if (typeof bytes === "string") return { ok: false, reason: `of ${relative(own.folder, path)}, ${bytes}` }
      hashes.set(path, sha256(bytes))
    }
  }
  return { ok: true, hashes, package: own, packages: packagesBehind(own.needs.map((name) => ({ name, from: own.folder }))) }
}

export interface Pinned {
  readonly ok: true
  readonly integrity: string
  /** `name@version` of the installed package that the plugin is. */
  readonly package?: string
  /** Absolute. */
  readonly files: ReadonlyArray<string>
}

/**
 * `sha256-<hex>`: of the module's bytes where it stands alone; else of a line for each of its files, with its hash and its path from the module (of a
 * package from its folder), and one with name and version for each package that it needs, sorted. Not in it: modules whose name the code makes up,
 * the bytes of packages that it needs, `fleetwright` and `effect`. A reason when it cannot be read.
 */
export const integrityOf = async (entry: string): Promise<Pinned | Unreadable> => {
  const files = await filesOf(entry)
  if (!files.ok) return files
  const { hashes, package: own, packages } = files
  const alone = own === undefined && hashes.size === 1 && packages.length === 0 ? hashes.get(entry) : undefined
  const folder = own?.folder ?? dirname(entry)
  const lines = [
    ...[...hashes].map(([path, hash]) => `${hash} ${relative(folder, path).split(sep).join("/")}\n`),
    ...packages.map(({ name, version }) => `package ${name}@${version}\n`),
  ].sort()
  return {
    ok: true,
    files: [...hashes.keys()],
    integrity: `sha256-${alone ?? sha256(lines.join(""))}`,
    ...(own === undefined ? {} : { package: `${own.name}@${own.version}` }),
  }
}
