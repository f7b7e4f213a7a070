/** What the compiler is told of the plugins and the agents that a fleet names. Only what the text speaks of is loaded: most fleets have none. */
import { dirname, resolve } from "node:path"
import { agentsNamed, pluginsNamed, type FoundPlugins } from "#compiler"
import type { FoundPlugin } from "#ir"

export interface Found {
  readonly plugins: FoundPlugins
  /** Ends the threads of plugins: from then on nothing can be checked against their schemas. */
  readonly close: () => void
}

export const findPlugins = async (path: string, text: string): Promise<Found> => {
  const directory = dirname(resolve(path))
  const [builtin, agents, own] = await Promise.all([builtinIn(text), agentsIn(path, text, directory), pluginsIn(path, text, directory)])
  return {
    plugins: new Map([...builtin, ...agents, ...own.map(({ from, found }) => [from, found] as const)]),
    close: () => {
      for (const { close } of own) close()
    },
  }
}

type Named = ReadonlyArray<readonly [string, FoundPlugin]>

interface Own {
  readonly from: string
  readonly found: FoundPlugin
  readonly close: () => void
}

const pluginsIn = async (path: string, text: string, directory: string): Promise<ReadonlyArray<Own>> => {
  const named = pluginsNamed(path, text)
  if (named.length === 0) return []
  const [{ loadPlugin }, { manifestOf }] = await Promise.all([import("#plugins/loader/load-plugin.ts"), import("#plugins/loader/manifest.ts")])
  return Promise.all(
    named.map(async (from) => {
      const loaded = await loadPlugin(from, { directory })
      if (!loaded.ok) return { from, found: loaded, close: () => undefined }
      return { from, found: { ok: true, manifest: manifestOf(loaded.plugin, loaded.integrity, loaded.package) }, close: loaded.close }
    }),
  )
}

const agentsIn = async (path: string, text: string, directory: string): Promise<Named> => {
  const named = agentsNamed(path, text)
  if (named.length === 0) return []
  const { foundAgent } = await import("#plugins/agent-manifests/found-agents.ts")
  const found = await Promise.all(named.map(async (use) => [use, await foundAgent(use, directory)] as const))
  return found.flatMap(([use, one]) => (one === undefined ? [] : [[use, one] as const]))
}

const builtinIn = async (text: string): Promise<FoundPlugins> => {
  if (/\b(?:llm|hybrid)\b|\bworkspace\b[^]*\bwith\b/.test(text)) return (await import("#plugins/loader/builtin-manifests.ts")).builtinManifests
  return /\bpolicies\b/.test(text) ? (await import("#plugins/loader/policy-manifests.ts")).policyManifests : new Map()
}
