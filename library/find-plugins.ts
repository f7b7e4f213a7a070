/** What the compiler is told of the plugins that a fleet names. Only what the text speaks of is loaded: most fleets have none. */
import { dirname, resolve } from "node:path"
import { pluginsNamed, type FoundPlugins } from "#compiler"
import type { FoundPlugin } from "#ir"

export const findPlugins = async (path: string, text: string): Promise<FoundPlugins> => {
  const builtin = await builtinIn(text)
  const named = pluginsNamed(path, text)
  if (named.length === 0) return new Map(builtin)
  const [{ loadPlugin }, { manifestOf }] = await Promise.all([import("#plugins/loader/load-plugin.ts"), import("#plugins/loader/manifest.ts")])
  const directory = dirname(resolve(path))
  const found = await Promise.all(
    named.map(async (from): Promise<readonly [string, FoundPlugin]> => {
      const loaded = await loadPlugin(from, { directory })
      return [from, loaded.ok ? { ok: true, manifest: manifestOf(loaded.plugin, loaded.integrity) } : loaded]
    }),
  )
  return new Map([...builtin, ...found])
}

const builtinIn = async (text: string): Promise<FoundPlugins> => {
  if (/\b(?:llm|hybrid)\b|\bworkspace\b[^]*\bwith\b/.test(text)) return (await import("#plugins/loader/builtin-manifests.ts")).builtinManifests
  return /\bpolicies\b/.test(text) ? (await import("#plugins/loader/policy-manifests.ts")).policyManifests : new Map()
}
