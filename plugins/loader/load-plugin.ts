/** One loader for the command line, the library and tests: finds a plugin's module, imports it and holds it against the contract. */
import { pathToFileURL } from "node:url"
import type { PluginFault } from "#ir"
import { checkPlugin, pluginApi, type Plugin } from "#sdk"
import { offerHostModules } from "./host-modules.ts"
import { integrityOf } from "./module-files.ts"
import { locate } from "./locate.ts"
import { knowPlugin } from "./stray-errors.ts"

export interface LoadedPlugin {
  readonly ok: true
  /** As the fleet writes it. */
  readonly from: string
  /** `sha256-<hex>` of what its code is made of: see `integrityOf`. */
  readonly integrity: string
  /** `name@version` of the installed package that it is. */
  readonly package?: string
  readonly plugin: Plugin
}

export interface LoadOptions {
  /** Of the fleet file. */
  readonly directory: string
  /** The module must be made of these bytes: it is not even imported when it is made of others. */
  readonly integrity?: string
  /** And it must be this package, `name@version`. */
  readonly package?: string
}

const importLimitMs = 10_000

const failed = (reason: string): PluginFault => ({ ok: false, code: "plugin-load-failed", reason })

/** Never rejects and never waits longer than ten seconds. */
export const loadPlugin = async (from: string, { directory, integrity: wanted, package: compiledWith }: LoadOptions): Promise<LoadedPlugin | PluginFault> => {
  const located = locate(from, directory)
  if (!located.ok) return failed(located.reason)
  const pinned = await integrityOf(located.path)
  if (!pinned.ok) return failed(pinned.reason)
  const { integrity, package: installed } = pinned
  if (wanted !== undefined && wanted !== integrity) return failed(changed(installed, compiledWith))
  offerHostModules()
  knowPlugin(from, pinned.files)
  const module = await importModule(from, located.path, integrity)
  if (!module.ok) return failed(module.reason)
  const checked = checkPlugin(module.exported)
  if (checked.ok) return { ok: true, from, integrity, ...(installed === undefined ? {} : { package: installed }), plugin: checked.plugin }
  return checked.code === "plugin-api-version" ? { ok: false, code: checked.code, found: checked.found, expected: String(pluginApi) } : failed(checked.reason)
}

const changed = (installed: string | undefined, compiledWith: string | undefined): string => {
  if (installed !== compiledWith)
    return `it is ${installed ?? "no installed package"}, and the fleet was compiled with ${compiledWith ?? "a file"}; install that one, or compile the fleet again to run with this one`
  return installed === undefined
    ? "it, a file that it imports, or the version of a package that it needs is not what the fleet was compiled with; compile the fleet again to run with this one"
    : `${installed} is installed with other files, or with other versions of packages that it needs, than the fleet was compiled with; install from the lockfile again, or compile the fleet again to run with this one`
}

type Imported = { readonly ok: true; readonly exported: unknown } | { readonly ok: false; readonly reason: string }

/** Being imported now, as their fleets write them. */
const importing: Array<string> = []

/** Code that ends the process takes its report along, and perhaps says that all is well. */
const tellExit = (): void => {
  process.stderr.write(
    `the process ended while ${importing.length === 1 ? "the plugin" : "the plugins"} ${importing.join(", ")} ${importing.length === 1 ? "was" : "were"} imported; a plugin must not end it\n`,
  )
  if (process.exitCode === undefined || Number(process.exitCode) === 0) process.exitCode = 1
}

const watched = async <A>(from: string, act: () => Promise<A>): Promise<A> => {
  if (importing.push(from) === 1) process.on("exit", tellExit)
  try {
    return await act()
  } finally {
    importing.splice(importing.indexOf(from), 1)
    if (importing.length === 0) process.off("exit", tellExit)
  }
}

/** The query makes a file that has changed a module of its own, where one process loads it twice. */
const importModule = async (from: string, path: string, integrity: string): Promise<Imported> => {
  let timer: NodeJS.Timeout | undefined
  const tooLong = new Promise<Imported>((resolve) => {
    timer = setTimeout(() => resolve({ ok: false, reason: "importing it takes longer than 10 s" }), importLimitMs)
  })
  try {
    return await watched(from, () => Promise.race([imported(path, integrity), tooLong]))
  } finally {
    clearTimeout(timer)
  }
}

const imported = (path: string, integrity: string): Promise<Imported> =>
  import(/* @vite-ignore */ `${pathToFileURL(path).href}?${integrity}`).then(
    (module: { readonly default?: unknown }): Imported =>
      "default" in module ? { ok: true, exported: module.default } : { ok: false, reason: "it has no default export" },
    (error: unknown): Imported => ({ ok: false, reason: `importing it fails: ${messageOf(error)}` }),
  )

/** The first line: what follows is often a stack. */
const messageOf = (error: unknown): string => {
  try {
    return (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? ""
  } catch {
    return "it throws what cannot be read"
  }
}
