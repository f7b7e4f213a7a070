/** Plugins by the names that a compiled fleet has for them: what the runtime is given. */
import type { Ir } from "#ir"
import { kindsOf, type Driver, type Plugin, type PluginKind, type PolicyPack, type Routing, type Sink, type WorkspaceProvider } from "#sdk"
import { builtinDrivers, builtinPolicies, builtinRouters, builtinWorkspaces } from "../index.ts"
import { loadPlugin, type LoadedPlugin } from "./load-plugin.ts"
import { issuesOf } from "./manifest.ts"
import { usesOf, type Use } from "./uses.ts"

type Named<P> = { readonly [name: string]: P }

export interface Registry {
  readonly drivers: Named<Driver>
  readonly workspaces: Named<WorkspaceProvider>
  readonly policies: Named<PolicyPack>
  readonly routers: Named<Routing>
  readonly sinks: Named<Sink>
}

/** The built-in plugins and those given, which come first. */
export const registryOf = (plugins: ReadonlyArray<Plugin>): Registry => {
  const of = <K extends PluginKind>(kind: K): Named<NonNullable<Plugin[K]>> =>
    Object.fromEntries(plugins.flatMap((plugin) => (plugin[kind] === undefined ? [] : [[plugin.name, plugin[kind]]])))
  return {
    drivers: { ...builtinDrivers, ...of("driver") },
    workspaces: { ...builtinWorkspaces, ...of("workspace") },
    policies: { ...builtinPolicies, ...of("policy") },
    routers: { ...builtinRouters, ...of("routing") },
    sinks: of("sink"),
  }
}

export type RegistryOfFleet =
  | {
      readonly ok: true
      readonly registry: Registry
      readonly plugins: ReadonlyArray<LoadedPlugin>
      /** Ends the threads of the plugins, which are of no use any more then. Without it they end with this process, which they do not keep. */
      readonly close: () => void
    }
  | { readonly ok: false; readonly problems: ReadonlyArray<string> }

/**
 * Loads what a compiled fleet names. Nothing of a plugin whose bytes are others than the IR pins is run. `directory` is the fleet file's.
 * Every use is checked again: kind and configuration.
 */
export const loadRegistry = async (ir: Ir, directory: string): Promise<RegistryOfFleet> => {
  const wanted = ir.plugins.filter(({ from }) => !from.startsWith("builtin:"))
  const found = await Promise.all(
    wanted.map(async ({ name, from, integrity, package: installed }) => ({
      name,
      from,
      loaded: await loadPlugin(from, {
        directory,
        ...(integrity === undefined ? {} : { integrity }),
        ...(installed === undefined ? {} : { package: installed }),
      }),
    })),
  )
  const problems: Array<string> = []
  const plugins: Array<LoadedPlugin> = []
  for (const { name, from, loaded } of found) {
    if (!loaded.ok)
      problems.push(
        `plugin ${from} could not be loaded: ${loaded.code === "plugin-api-version" ? `it is made for API version ${loaded.found}, this is version ${loaded.expected}` : loaded.reason}`,
      )
    else if (loaded.plugin.name !== name)
      problems.push(`plugin ${from} calls itself "${loaded.plugin.name}", the fleet was compiled with "${name}"; compile it again`)
    else plugins.push(loaded)
  }
  const close = (): void => {
    for (const { loaded } of found) if (loaded.ok) loaded.close()
  }
  const wrongs = (told: ReadonlyArray<string>): RegistryOfFleet => {
    close()
    return { ok: false, problems: told }
  }
  if (problems.length > 0) return wrongs(problems)
  const registered = registryOf(plugins.map(({ plugin }) => plugin))
  const named = ir.sessions.some(({ driver }) => /^(?:agent|manifest):/.test(driver.use))
  const agents = named ? await (await import("../agent-manifests/agent-drivers.ts")).agentDrivers(ir, directory, builtinDrivers) : { drivers: {}, problems: [] }
  if (agents.problems.length > 0) return wrongs(agents.problems)
  const registry = { ...registered, drivers: { ...registered.drivers, ...agents.drivers } }
  const wrong = usesOf(ir).flatMap((use) => problemsOf(use, registry, plugins))
  return wrong.length === 0 ? { ok: true, registry, plugins, close } : wrongs([...new Set(wrong)])
}

const shelf = { driver: "drivers", workspace: "workspaces", policy: "policies", routing: "routers", sink: "sinks" } as const

const problemsOf = ({ kind, use, where }: Use, registry: Registry, loaded: ReadonlyArray<LoadedPlugin>): ReadonlyArray<string> => {
  const named = registry[shelf[kind]]
  const found = Object.hasOwn(named, use.use) ? named[use.use] : undefined
  if (found?.config !== undefined)
    return issuesOf(found.config, use.with).map(({ message, path }) => `${where}: ${use.use}: ${[...path.map(String), message].join(": ")}`)
  const own = loaded.find(({ plugin }) => plugin.name === use.use)
  if (found === undefined && own === undefined && (kind === "policy" || kind === "routing" || kind === "sink"))
    return [`${where}: there is no ${kind === "policy" ? "policy pack" : `${kind} plugin`} "${use.use}"`]
  if (found === undefined && own === undefined && use.use === "grpc")
    return [`${where}: nothing here speaks CAP over gRPC, so a grpc: agent can be checked and simulated, but not run; reach it by a2a: or acp:`]
  // other drivers that are not there are told by the engine when their session starts
  return found === undefined && own !== undefined ? [`${where}: "${use.use}" is no ${kind} plugin; it provides ${kindsOf(own.plugin).join(", ")}`] : []
}
