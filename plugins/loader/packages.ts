/** Installed packages that a plugin is, or is made with: which, of what version, and where. */
import { existsSync, readFileSync, realpathSync } from "node:fs"
import { isBuiltin } from "node:module"
import { dirname, join, sep } from "node:path"

export interface Package {
  readonly name: string
  readonly version: string
  /** Absolute, links followed. */
  readonly folder: string
  /** Names that it depends on. */
  readonly needs: ReadonlyArray<string>
}

const mostPackages = 2000
/** They come with the fleetwright that loads the plugin. */
const lent: ReadonlySet<string> = new Set(["fleetwright", "effect"])

type Fields = { readonly [key: string]: unknown }

const fieldsOf = (value: unknown): Fields => (typeof value === "object" && value !== null ? { ...value } : {})

const packageAt = (folder: string): Package | undefined => {
  try {
    const { name, version, dependencies, optionalDependencies } = fieldsOf(JSON.parse(readFileSync(join(folder, "package.json"), "utf8")))
    if (typeof name !== "string" || typeof version !== "string") return undefined
    return { name, version, folder: realpathSync(folder), needs: [...Object.keys(fieldsOf(dependencies)), ...Object.keys(fieldsOf(optionalDependencies))] }
  } catch {
    return undefined
  }
}

/** The installed package that a file belongs to; undefined outside of `node_modules`. */
export const packageOf = (path: string): Package | undefined => {
  const inside = path.lastIndexOf(`${sep}node_modules${sep}`)
  if (inside < 0) return undefined
  for (let folder = dirname(path); folder.length > inside + `${sep}node_modules`.length; folder = dirname(folder)) {
    const found = packageAt(folder)
    if (found !== undefined) return found
  }
  return undefined
}

const installed = (name: string, from: string): Package | undefined => {
  for (let folder = from; ; folder = dirname(folder)) {
    const place = join(folder, "node_modules", name)
    if (existsSync(place)) return packageAt(place)
    if (dirname(folder) === folder) return undefined
  }
}

/** The package that a bare import is of; undefined for what is no package. */
export const packageName = (specifier: string): string | undefined => {
  const name = /^(?:@[\w.-]+\/)?[A-Za-z0-9_][\w.-]*/.exec(specifier)?.[0]
  return name === undefined || /^[\w+.-]+:/.test(specifier) || isBuiltin(specifier) || lent.has(name) ? undefined : name
}

/** What is installed of these packages, and of what they need in turn, sorted by name and place. What is not there importing will tell. */
export const packagesBehind = (wanted: ReadonlyArray<{ readonly name: string; readonly from: string }>): ReadonlyArray<Package> => {
  const found = new Map<string, Package>()
  const waiting = [...wanted]
  for (let next = waiting.pop(); next !== undefined && found.size < mostPackages; next = waiting.pop()) {
    const one = packageName(next.name) === undefined ? undefined : installed(next.name, next.from)
    if (one === undefined || found.has(one.folder)) continue
    found.set(one.folder, one)
    waiting.push(...one.needs.map((name) => ({ name, from: one.folder })))
  }
  return [...found.values()].toSorted((a, b) => (`${a.name} ${a.folder}` < `${b.name} ${b.folder}` ? -1 : 1))
}
