/**
 * A document in which every plugin goes by its own name. What the loader found out is written beside each of `plugins:`, uses that name a path
 * name the plugin instead, and what `plugins:` says under `with` stands wherever the use says nothing else.
 */
import type { FleetDocument, PluginDeclaration, PluginUse, SessionSettings } from "../document/index.ts"
import type { FoundPlugin } from "../ir/manifest.ts"
import type { Json } from "../ir/model.ts"
import { plainValue } from "../routes/schema-type.ts"
import type { MapNode } from "../source/index.ts"
import { nameOfPlugin } from "./collect-symbols.ts"
import { maxValueParts } from "./parse-fleet.ts"

/** What the loader found, by the text of the fleet's `plugins:`; built-in plugins by their names, agents by what the IR calls them. */
export type FoundPlugins = ReadonlyMap<string, FoundPlugin>

export const applyManifests = (document: FleetDocument, found: FoundPlugins): FleetDocument => {
  if (document.plugins.length === 0) return document
  const declared = document.plugins.map((plugin): PluginDeclaration => {
    const one = found.get(plugin.use.value)
    return one?.ok === true ? { ...plugin, manifest: one.manifest } : plugin
  })
  const byName = new Map(declared.map((plugin) => [nameOf(plugin), plugin]))
  for (const plugin of declared) byName.set(plugin.use.value, plugin)
  const renamed = (use: PluginUse): PluginUse => rename(use, byName)
  const settings = (of: SessionSettings): SessionSettings => renameIn(of, byName, renamed)
  return {
    ...document,
    plugins: declared,
    policies: document.policies.map(renamed),
    sinks: document.sinks.map(renamed),
    workspace: renamed(document.workspace),
    mode: renamed(document.mode),
    defaults: settings(document.defaults),
    sessions: document.sessions.map((session) => ({ ...session, settings: settings(session.settings) })),
  }
}

export const nameOf = ({ use, manifest }: PluginDeclaration): string => manifest?.name ?? nameOfPlugin(use.value)

/** What `plugins:` says under `with`, for a use in a rule. */
export const declaredConfig = ({ plugins }: FleetDocument, name: string): { readonly [key: string]: Json } => {
  const given = plugins.find((plugin) => nameOf(plugin) === name)?.with
  const value = given === undefined ? undefined : plainValue(given, maxValueParts)
  return typeof value === "object" && value !== null ? { ...value } : {}
}

type ByName = ReadonlyMap<string, PluginDeclaration>

const rename = (use: PluginUse, byName: ByName): PluginUse => {
  const plugin = byName.get(use.use.value)
  if (plugin === undefined) return use
  const given = merged(use.with, plugin.with)
  return { ...use, use: { ...use.use, value: nameOf(plugin) }, ...(given !== undefined && { with: given }) }
}

const merged = (own: MapNode | undefined, declared: MapNode | undefined): MapNode | undefined => {
  if (own === undefined || declared === undefined) return own ?? declared
  const names = new Set(own.entries.map(({ name }) => name))
  return { ...own, entries: [...own.entries, ...declared.entries.filter(({ name }) => !names.has(name))] }
}

/** A driver's configuration is made of keys of the session. */
const renameIn = (settings: SessionSettings, byName: ByName, renamed: (use: PluginUse) => PluginUse): SessionSettings => {
  const { runner, policies, workspace, driverKeys } = settings
  const plugin = runner?.kind === "driver" && runner.scheme === undefined ? byName.get(runner.name.value) : undefined
  const given = new Set(driverKeys.map(({ name }) => name))
  const more = (plugin?.with?.entries ?? []).filter(({ name }) => !given.has(name)).map(({ name, key, value }) => ({ name, key, value, inherited: true }))
  return {
    ...settings,
    ...(policies && { policies: policies.map(renamed) }),
    ...(workspace && { workspace: renamed(workspace) }),
    ...(plugin !== undefined && runner?.kind === "driver" && { runner: { ...runner, name: { ...runner.name, value: nameOf(plugin) } } }),
    driverKeys: [...driverKeys, ...more],
  }
}
