/** `definePlugin`: what an author writes, with any schema library, becomes the one shape of `Plugin`. */
import type { ConfigSchema } from "./config.ts"
import { configOf, type ConfigInput } from "./config-of.ts"
import { defineDriver, definePolicy, defineRouting, defineSink, defineWorkspace, type WrittenDriver } from "./define.ts"
import type { Plugin } from "./plugin.ts"
import type { PolicyPack } from "./policy.ts"
import type { Routing } from "./routing.ts"
import type { Sink } from "./sink.ts"
import type { WorkspaceProvider } from "./workspace.ts"

/** A kind as its author writes it: `config` is an Effect Schema, a Standard Schema or a JSON Schema; without it the plugin takes no configuration. */
type Written<P, Config> = Omit<P, "config"> & { readonly config?: ConfigInput<Config> }

export interface PluginDefinition<D, W, P, R, S> extends Pick<Plugin, "name" | "version" | "api" | "access"> {
  readonly driver?: Written<WrittenDriver<D>, D>
  readonly workspace?: Written<WorkspaceProvider<W>, W>
  readonly policy?: Written<PolicyPack<P>, P>
  readonly routing?: Written<Routing<R>, R>
  readonly sink?: Written<Sink<S>, S>
}

type None = { readonly [key: string]: never }

/** Nothing may be written under `with`. */
const empty: ConfigSchema<never> = {
  keys: [],
  jsonSchema: { type: "object", additionalProperties: false },
  decode: (value) => {
    const keys = typeof value === "object" && value !== null ? Object.keys(value) : []
    return keys.length === 0
      ? { ok: true, value: {} as never }
      : { ok: false, issues: keys.map((key) => ({ message: "unknown key; this plugin takes no configuration", path: [key] })) }
  },
}

const withConfig = <P, C>(written: Written<P, C>): Omit<P, "config"> & { readonly config: ConfigSchema<C> } => ({
  ...written,
  config: written.config === undefined ? empty : configOf(written.config),
})

/**
 * The default export of a plugin's module. Throws a `TypeError` for a schema that no copy of its library can check:
 * importing the plugin then fails with that message.
 */
export const definePlugin = <D = None, W = None, P = None, R = None, S = None>(definition: PluginDefinition<D, W, P, R, S>): Plugin => {
  const { name, version, api, access, driver, workspace, policy, routing, sink } = definition
  return {
    name,
    version,
    api,
    ...(access === undefined ? {} : { access }),
    ...(driver === undefined ? {} : { driver: defineDriver<D>(withConfig<WrittenDriver<D>, D>(driver)) }),
    ...(workspace === undefined ? {} : { workspace: defineWorkspace<W>(withConfig<WorkspaceProvider<W>, W>(workspace)) }),
    ...(policy === undefined ? {} : { policy: definePolicy<P>(withConfig<PolicyPack<P>, P>(policy)) }),
    ...(routing === undefined ? {} : { routing: defineRouting<R>(withConfig<Routing<R>, R>(routing)) }),
    ...(sink === undefined ? {} : { sink: defineSink<S>(withConfig<Sink<S>, S>(sink)) }),
  }
}
