/**
 * `fleetwright/plugin`, `fleetwright/testing` and `effect` for plugins that stand where none is installed: they get those of the fleetwright
 * that loads them. What a plugin has installed itself comes first, so that it is tested with what it runs with.
 */
import { existsSync } from "node:fs"
import { registerHooks } from "node:module"
import { fileURLToPath } from "node:url"

/** Where this module stands decides: in the source, in the bundle of the command line, or in the library's. */
const places: { readonly [specifier: string]: ReadonlyArray<string> } = {
  "fleetwright/plugin": ["../sdk/author.ts", "./lib/plugin.mjs", "./plugin.mjs"],
  "fleetwright/testing": ["../../library/testing.ts", "./lib/testing.mjs", "./testing.mjs"],
}

const hostUrl = (specifier: string): string | undefined =>
  places[specifier]?.map((path) => new URL(path, import.meta.url)).find((url) => existsSync(fileURLToPath(url)))?.href

/** From the source, the package itself stands for what was last built of it. */
const ownBuild = import.meta.url.endsWith(".ts") ? new URL("../../dist/", import.meta.url).href : undefined

let registered = false

/** Once per process, before the first plugin is imported. */
export const offerHostModules = (): void => {
  if (registered) return
  registered = true
  registerHooks({
    resolve: (specifier, context, next) => {
      const own = hostUrl(specifier)
      if (own === undefined && !/^effect(?:\/|$)/.test(specifier)) return next(specifier, context)
      try {
        const found = next(specifier, context)
        return own !== undefined && ownBuild !== undefined && found.url.startsWith(ownBuild) ? { url: own, shortCircuit: true } : found
      } catch (error) {
        if (own !== undefined) return { url: own, shortCircuit: true }
        try {
          return next(specifier, { ...context, parentURL: import.meta.url })
        } catch {
          throw error
        }
      }
    },
  })
}
