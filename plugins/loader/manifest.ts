/** What the compiler needs to know of a plugin, as data. */
import type { Access, FoundPlugin, Json, ManifestIssue, ManifestKind, PluginManifest } from "#ir"
import type { ConfigSchema, Plugin } from "#sdk"

/** `integrity`: the hash of its code, for a plugin from elsewhere; `installed`: `name@version` of the package that it is. */
export const manifestOf = (plugin: Plugin, integrity?: string, installed?: string): PluginManifest => {
  const { name, version, driver, workspace, policy, routing, sink } = plugin
  return {
    name,
    version,
    ...(integrity === undefined ? {} : { integrity }),
    ...(installed === undefined ? {} : { package: installed }),
    access: wholeAccess(plugin.access),
    kinds: {
      ...(driver === undefined ? {} : { driver: { ...kindOf(driver.config), capabilities: { ...driver.capabilities } } }),
      ...(workspace === undefined ? {} : { workspace: { ...kindOf(workspace.config), isolated: workspace.isolated } }),
      ...(policy === undefined ? {} : { policy: { ...kindOf(policy.config), boundaries: policy.boundaries } }),
      ...(routing === undefined ? {} : { routing: kindOf(routing.config) }),
      ...(sink === undefined ? {} : { sink: kindOf(sink.config) }),
    },
  }
}

/** As if each had been loaded. */
export const manifestsOf = (plugins: ReadonlyArray<Plugin>): ReadonlyMap<string, FoundPlugin> =>
  new Map(plugins.map((plugin) => [plugin.name, { ok: true, manifest: manifestOf(plugin) }]))

const wholeAccess = (access: Partial<Access> = {}): Access => ({
  read: sorted(access.read),
  write: sorted(access.write),
  net: sorted(access.net),
  run: sorted(access.run),
  env: sorted(access.env),
})

const sorted = (names: ReadonlyArray<string> = []): ReadonlyArray<string> => [...new Set(names)].sort()

const kindOf = (config: ConfigSchema<unknown> | undefined): ManifestKind =>
  config === undefined
    ? { keys: [], required: [], check: noConfig }
    : {
        keys: config.keys,
        required: requiredOf(config.jsonSchema),
        ...(config.files === undefined ? {} : { files: config.files }),
        check: (value) => issuesOf(config, value),
      }

const noConfig = (value: Json): ReadonlyArray<ManifestIssue> =>
  typeof value === "object" && value !== null ? Object.keys(value).map((key) => ({ message: "unknown key; it takes no configuration", path: [key] })) : []

/** A plugin's schema is the plugin's code: it may throw. */
export const issuesOf = (config: ConfigSchema<unknown>, value: Json): ReadonlyArray<ManifestIssue> => {
  try {
    const result = config.decode(value)
    return result.ok ? [] : result.issues
  } catch (error) {
    return [{ message: `its schema fails: ${error instanceof Error ? error.message : String(error)}`, path: [] }]
  }
}

const requiredOf = (jsonSchema: Json): ReadonlyArray<string> => {
  if (typeof jsonSchema !== "object" || jsonSchema === null || !("required" in jsonSchema)) return []
  const { required } = jsonSchema
  return Array.isArray(required) ? required.filter((key) => typeof key === "string") : []
}
