/**
 * One loader for the command line, the library and tests: finds a plugin's module, has it imported in a thread of its own and held against the
 * contract there.
 */
import { pathToFileURL } from "node:url"
import type { PluginFault } from "#ir"
import type { Plugin } from "#sdk"
import { integrityOf } from "./module-files.ts"
import { locate } from "./locate.ts"
import { startThread, type PluginThread } from "./thread/plugin-thread.ts"
import type { ToldPlugin } from "./thread/protocol.ts"
import { threadedPlugin } from "./thread/threaded-plugin.ts"

export interface LoadedPlugin {
  readonly ok: true
  /** As the fleet writes it. */
  readonly from: string
  /** `sha256-<hex>` of what its code is made of: see `integrityOf`. */
  readonly integrity: string
  /** `name@version` of the installed package that it is. */
  readonly package?: string
  /** Its hooks are those of the thread. */
  readonly plugin: Plugin
  /** Ends the thread. Without it the thread ends with this process, which it does not keep. */
  readonly close: () => void
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
  const { path } = located
  const pinned = await integrityOf(path)
  if (!pinned.ok) return failed(pinned.reason)
  const { integrity, package: installed } = pinned
  if (wanted !== undefined && wanted !== integrity) return failed(changed(installed, compiledWith))
  const url = pathToFileURL(path).href
  const loaded = ({ thread, plugin }: Threaded): LoadedPlugin => ({
    ok: true,
    from,
    integrity,
    ...(installed === undefined ? {} : { package: installed }),
    plugin: threadedPlugin(thread, plugin),
    close: () => letRest(key, { thread, plugin }),
  })
  const key = `${from} ${url} ${integrity}`
  const rested = takeRested(key)
  if (rested !== undefined) return loaded(rested)
  const started = await startThread({
    from,
    url,
    importLimitMs,
    changed: async () => {
      const now = await integrityOf(path)
      return now.ok ? (now.integrity === integrity ? undefined : changed(now.package, installed)) : now.reason
    },
  })
  return started.ok ? loaded(started) : started
}

interface Threaded {
  readonly thread: PluginThread
  readonly plugin: ToldPlugin
}

/** Threads that a compilation is done with: the run that follows it takes them over, when it comes soon. */
const resting = new Map<string, Threaded & { readonly timer: NodeJS.Timeout }>()
const restMs = 2000

/** One that was asked for more than checks has a past that is nobody else's. */
const letRest = (key: string, { thread, plugin }: Threaded): void => {
  if (!thread.isFresh() || resting.has(key)) return thread.close()
  const timer = setTimeout(() => {
    resting.delete(key)
    thread.close()
  }, restMs)
  timer.unref()
  resting.set(key, { thread, plugin, timer })
}

const takeRested = (key: string): Threaded | undefined => {
  const found = resting.get(key)
  if (found === undefined) return undefined
  resting.delete(key)
  clearTimeout(found.timer)
  return found.thread.isFresh() ? found : undefined
}

const changed = (installed: string | undefined, compiledWith: string | undefined): string => {
  if (installed !== compiledWith)
    return `it is ${installed ?? "no installed package"}, and the fleet was compiled with ${compiledWith ?? "a file"}; install that one, or compile the fleet again to run with this one`
  return installed === undefined
    ? "it, a file that it imports, or the version of a package that it needs is not what the fleet was compiled with; compile the fleet again to run with this one"
    : `${installed} is installed with other files, or with other versions of packages that it needs, than the fleet was compiled with; install from the lockfile again, or compile the fleet again to run with this one`
}
