/** Plugins as the IR names them. */
import type { Access, Action, Json, Plugin, PluginUse, Rule } from "../ir/index.ts"
import type { FleetDocument, PluginUse as WrittenUse, SessionSettings } from "../document/index.ts"
import { plainValue } from "../routes/schema-type.ts"
import type { YamlNode } from "../source/index.ts"
import {
  builtinDrivers,
  builtinModes,
  builtinPolicies,
  builtinVersion,
  builtinWorkspaces,
  type DriverDescription,
  type DriverKeyDescription,
} from "../check/builtin-plugins.ts"
import { nameOfPlugin } from "../check/collect-symbols.ts"
import { driverOfAgent, useOf } from "../check/drivers.ts"
import { maxValueParts } from "../check/parse-fleet.ts"

export const lowerUse = ({ use, with: given }: WrittenUse): PluginUse => ({ use: nameOfPlugin(use.value), with: given === undefined ? {} : valueOf(given) })

export const valueOf = (node: YamlNode): Json => (plainValue(node, maxValueParts) ?? null) as Json

/** The driver of a session with the keys it declares; what follows a scheme's colon is the key `target`. */
export const lowerDriver = (settings: SessionSettings, loaded: ReadonlyArray<DriverDescription>): PluginUse => {
  const { runner } = settings
  if (runner?.kind === "agent") return { use: useOf(runner), with: keysOf(settings, driverOfAgent(runner.name.value)) }
  const use = runner === undefined ? "scripted" : runner.kind === "manifest" ? useOf(runner) : (runner.scheme ?? nameOfPlugin(runner.name.value))
  const description = [...loaded, ...builtinDrivers].find(({ name }) => name === use)
  const target = runner?.kind !== "driver" || runner.target === undefined ? {} : { target: runner.target }
  return { use, with: { ...target, ...keysOf(settings, description) } }
}

/** Inherited keys that the driver does not know were meant for other drivers. */
const keysOf = ({ driverKeys }: SessionSettings, driver?: DriverDescription): { readonly [key: string]: Json } =>
  Object.fromEntries(
    driverKeys
      .filter(({ name, inherited }) => !inherited || driver === undefined || Object.hasOwn(driver.keys, name))
      .map(({ name, value }) => [name, keyOf(value, driver?.keys[name]?.type)]),
  )

/** `[sleep, 5]` is a list of texts, whatever YAML takes `5` for. */
const keyOf = (value: YamlNode, type: DriverKeyDescription["type"] | undefined): Json => {
  const isText = type === "text" || type === "text list" || type === "command"
  if (isText && value.kind === "scalar") return value.text
  if (isText && value.kind === "list") return value.items.map((item) => keyOf(item, type))
  return valueOf(value)
}

const nothing: Access = { read: [], write: [], net: [], run: [], env: [] }

/** Every plugin that `uses` names, sorted by name, and those the fleet loads. */
export const lowerPlugins = (document: FleetDocument, uses: Iterable<string>, loaded: ReadonlyArray<DriverDescription>): ReadonlyArray<Plugin> => {
  const own = document.plugins.map(({ use, manifest }): Plugin => {
    const from = use.value
    if (manifest !== undefined) {
      const { name, version, integrity, package: installed, access } = manifest
      return {
        name,
        version,
        from,
        ...(integrity !== undefined && { integrity }),
        ...(installed !== undefined && { package: installed }),
        capabilities: access,
      }
    }
    const name = nameOfPlugin(from)
    return { name, version: loaded.find((driver) => driver.name === name)?.version ?? "0.0.0", from, capabilities: nothing }
  })
  const named = new Set(own.map(({ name }) => name))
  const builtin = [...new Set(uses)].filter((name) => isBuiltin(name) && !named.has(name))
  return [...own, ...builtin.map((name): Plugin => ({ name, version: builtinVersion, from: `builtin:${name}`, capabilities: nothing }))].sort((a, b) =>
    a.name < b.name ? -1 : 1,
  )
}

/** The routing plugins that rules ask. */
export const usesOfRules = (rules: ReadonlyArray<Rule>): ReadonlyArray<PluginUse> =>
  rules.flatMap(({ cases, within }) => [...cases.map(({ action }) => action), ...(within === undefined ? [] : [within.otherwise])].flatMap(usesIn))

const usesIn = (action: Action): ReadonlyArray<PluginUse> => {
  if (action.kind === "use") return [action.plugin]
  if (action.kind === "sequence") return action.actions.flatMap(usesIn)
  const bounded = action.kind === "for" ? action.send : action
  return (bounded.kind === "send" || bounded.kind === "retry") && bounded.max?.then !== undefined ? usesIn(bounded.max.then) : []
}

const builtinNames: ReadonlySet<string> = new Set([...builtinDrivers.map(({ name }) => name), ...builtinPolicies, ...builtinWorkspaces, ...builtinModes])
const isBuiltin = (name: string): boolean => builtinNames.has(name) || /^(?:agent|manifest):/.test(name)
