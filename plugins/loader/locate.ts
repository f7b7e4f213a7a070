/** Where the module of a plugin is: a path relative to the fleet file, or a package resolved from it. Links are followed. */
import { readFileSync, realpathSync } from "node:fs"
import { createRequire } from "node:module"
import { isAbsolute, join, resolve } from "node:path"

export type Located = { readonly ok: true; readonly path: string } | { readonly ok: false; readonly reason: string }

const missing = (reason: string): Located => ({ ok: false, reason })

/** `directory` is the fleet file's; `from` as the fleet writes it. */
export const locate = (from: string, directory: string): Located => {
  if (isAbsolute(from) || /^[A-Za-z][A-Za-z0-9+.-]*:/.test(from))
    return missing("write a path relative to the fleet file, such as ./plugins/name.ts, or the name of a package")
  if (/^\.{1,2}\//.test(from)) return real(resolve(directory, from), "there is no such file")
  const inside = createRequire(join(directory, "fleet.yaml"))
  try {
    return real(inside.resolve(from), "there is no such file")
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined
    if (code === "ERR_PACKAGE_PATH_NOT_EXPORTED") return importOnly(from, inside.resolve.paths(from) ?? [])
    return missing(withheld(error) ?? "there is no such package; install it beside the fleet file, or write a path that begins with ./")
  }
}

const real = (path: string, otherwise: string): Located => {
  try {
    return { ok: true, path: realpathSync(path) }
  } catch (error) {
    return missing(withheld(error) ?? otherwise)
  }
}

/** On Deno what may not be read is not what is missing. */
const withheld = (error: unknown): string | undefined =>
  error instanceof Error && error.name === "NotCapable"
    ? `Deno withholds it: ${error.message.split("\n")[0] ?? ""}; \`fleetwright permissions\` prints what the fleet needs`
    : undefined

/** A package that can only be imported: `require.resolve` does not look at that condition. */
const importOnly = (name: string, folders: ReadonlyArray<string>): Located => {
  for (const folder of folders) {
    const entry = entryOf(join(folder, name, "package.json"))
    if (entry !== undefined) return real(join(folder, name, entry), "the package names a file that is not there")
  }
  return missing("the package exports nothing that can be imported")
}

const entryOf = (manifest: string): string | undefined => {
  try {
    const read: unknown = JSON.parse(readFileSync(manifest, "utf8"))
    return pick(field(read, "exports"))
  } catch {
    return undefined
  }
}

const pick = (target: unknown): string | undefined =>
  typeof target === "string" ? target : (pickFrom(target, ".") ?? pickFrom(target, "import") ?? pickFrom(target, "default"))

const pickFrom = (target: unknown, key: string): string | undefined => {
  const found = field(target, key)
  return found === undefined ? undefined : pick(found)
}

const field = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, key) ? Object.entries(value).find(([name]) => name === key)?.[1] : undefined
