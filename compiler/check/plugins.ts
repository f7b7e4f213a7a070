/** The fleet's own plugins and the configuration of every plugin, against what the loader found (the plugins page). */
import { diagnose, quotedList, suggest, type Diagnostic, type Span } from "../diagnostics/index.ts"
import type { DriverKey, FleetDocument, PluginDeclaration, PluginUse, SessionDeclaration } from "../document/index.ts"
import type { ManifestIssue, ManifestKind, PluginManifest } from "../ir/manifest.ts"
import type { Json } from "../ir/model.ts"
import type { Rule } from "../routes/index.ts"
import { plainValue } from "../routes/schema-type.ts"
import type { YamlNode } from "../source/index.ts"
import { declaredConfig, nameOf, type FoundPlugins } from "./apply-manifests.ts"
import { builtinDrivers, builtinModes, builtinPolicies, builtinWorkspaces, type Ability, type DriverDescription } from "./builtin-plugins.ts"
import { constantOf } from "./constant.ts"
import { useOf } from "./drivers.ts"
import type { ResolvedExpressions } from "./model.ts"
import { maxValueParts } from "./parse-fleet.ts"
import { actionsOf } from "./walk.ts"

type Kind = keyof PluginManifest["kinds"]

/** The drivers that plugins provide and that manifests of agents describe, as the rest of the checks know drivers. */
export const driversOf = ({ plugins, sessions }: FleetDocument, found: FoundPlugins): ReadonlyArray<DriverDescription> => {
  const agents = sessions.flatMap(({ settings: { runner } }) => {
    const one = runner === undefined || runner.kind === "driver" ? undefined : found.get(useOf(runner))
    return one?.ok === true ? [one.manifest] : []
  })
  return [...plugins.map(({ manifest }) => manifest), ...new Set(agents)].flatMap((manifest): ReadonlyArray<DriverDescription> => {
    const driver = manifest?.kinds.driver
    if (manifest === undefined || driver === undefined) return []
    const { model, systemPrompt, maxTurns, resume, permission, sandbox, usage } = driver.capabilities
    const able: ReadonlyArray<readonly [unknown, Ability]> = [
      [model, "model"],
      [systemPrompt, "system_prompt"],
      [maxTurns, "max_turns"],
      [resume, "checkpoint"],
      [sandbox, "sandbox"],
    ]
    return [
      {
        name: manifest.name,
        version: manifest.version,
        scheme: false,
        // what is missing or of the wrong type its own schema tells
        keys: Object.fromEntries(driver.keys.map((key) => [key, { type: "any", required: false } as const])),
        abilities: ["permissions", "output", ...able.flatMap(([can, ability]) => (can === true ? [ability] : []))],
        asks: permission === true,
        ...(usage === "none" && { usage }),
      },
    ]
  })
}

export const checkPlugins = (
  document: FleetDocument,
  rules: ReadonlyArray<Rule>,
  expressions: ResolvedExpressions,
  found: FoundPlugins,
): ReadonlyArray<Diagnostic> => {
  const manifests = new Map<string, PluginManifest>()
  for (const [name, one] of found) if (one.ok && one.manifest.integrity === undefined) manifests.set(name, one.manifest)
  for (const { manifest } of document.plugins) if (manifest !== undefined) manifests.set(manifest.name, manifest)
  const use = (kind: Kind) => (each: PluginUse) => checkUse(kind, each, manifests)
  const settings = [document.defaults, ...document.sessions.map((session) => session.settings)]
  return unique([
    ...document.plugins.flatMap((plugin) => checkFound(plugin, found)),
    ...checkNames(document.plugins),
    ...document.policies.flatMap(use("policy")),
    ...document.sinks.flatMap(use("sink")),
    ...use("workspace")(document.workspace),
    ...(document.llm === undefined ? use("routing")(document.mode) : []),
    ...settings.flatMap(({ policies = [], workspace }) => [
      ...policies.flatMap(use("policy")),
      ...(workspace === undefined ? [] : use("workspace")(workspace)),
    ]),
    ...document.sessions.flatMap((session) => checkAgent(session, found)),
    ...document.sessions.flatMap((session) => checkDriver(session, manifests)),
    ...rules.flatMap((rule) => checkRule(rule, document, expressions, manifests)),
  ])
}

/** What stands in `defaults` is met once for every session. */
const unique = (found: ReadonlyArray<Diagnostic>): ReadonlyArray<Diagnostic> => [
  ...new Map(found.map((each) => [`${each.code} ${each.span.file} ${each.span.start} ${each.span.end} ${each.message}`, each])).values(),
]

const checkFound = ({ use }: PluginDeclaration, found: FoundPlugins): ReadonlyArray<Diagnostic> => {
  const one = found.get(use.value)
  if (one === undefined || one.ok) return []
  const plugin = use.value
  return [
    one.code === "plugin-load-failed"
      ? diagnose(one.code, use.span, { plugin, reason: one.reason })
      : diagnose(one.code, use.span, { plugin, found: one.found, expected: one.expected }),
  ]
}

/** An agent that has no manifest on this machine may have one where the fleet runs; a path is one of the fleet's own files. */
const checkAgent = ({ settings: { runner } }: SessionDeclaration, found: FoundPlugins): ReadonlyArray<Diagnostic> => {
  const one = runner === undefined || runner.kind === "driver" ? undefined : found.get(useOf(runner))
  if (runner === undefined || runner.kind === "driver" || one === undefined || one.ok || one.code !== "plugin-load-failed") return []
  const { value, span } = runner.kind === "agent" ? runner.name : runner.path
  const help = runner.kind === "agent" ? {} : { help: "a manifest is a TOML file that says how an agent is started; its path is relative to the fleet file" }
  return [
    diagnose("plugin-load-failed:manifest", span, { agent: runner.kind === "agent" ? `of the agent "${value}"` : `"${value}"`, reason: one.reason }, help),
  ]
}

const builtin: ReadonlySet<string> = new Set([...builtinDrivers.map(({ name }) => name), ...builtinPolicies, ...builtinWorkspaces, ...builtinModes])

const checkNames = (plugins: ReadonlyArray<PluginDeclaration>): ReadonlyArray<Diagnostic> =>
  plugins.flatMap((plugin, at) => {
    const name = nameOf(plugin)
    if (plugin.manifest === undefined) return []
    if (builtin.has(name)) return [diagnose("duplicate-name", plugin.use.span, { name, other: "a built-in plugin" })]
    const before = plugins.slice(0, at).find((other) => nameOf(other) === name)
    return before === undefined
      ? []
      : [diagnose("duplicate-name", plugin.use.span, { name, other: "another plugin" }, { related: [{ span: before.use.span, message: "it is loaded here" }] })]
  })

const checkUse = (kind: Kind, { use, with: given, span }: PluginUse, manifests: ReadonlyMap<string, PluginManifest>): ReadonlyArray<Diagnostic> => {
  const manifest = manifests.get(use.value)
  if (manifest === undefined) return []
  const part = manifest.kinds[kind]
  if (part === undefined) return [mismatch(manifest, kind, use.span)]
  const value = given === undefined ? {} : plainValue(given, maxValueParts)
  return problems(part, value, (path) => (given === undefined ? span : placeIn(given, path)), manifest.name)
}

const mismatch = ({ name, kinds }: PluginManifest, expected: Kind, span: Span): Diagnostic =>
  diagnose("plugin-kind-mismatch", span, { plugin: name, expected: expected === "policy" ? "policy pack" : expected, found: quotedList(Object.keys(kinds)) })

const problems = (part: ManifestKind, value: unknown, place: (path: ManifestIssue["path"]) => Span, plugin: string): ReadonlyArray<Diagnostic> =>
  isJson(value)
    ? part
        .check(value)
        .map(({ message, path }) =>
          diagnose(
            "plugin-config-invalid",
            place(path),
            { plugin, problem: path.length === 0 ? message : `${path.join(".")}: ${message}` },
            keysHelp(part, value, path, plugin),
          ),
        )
    : []

/** Of a key that is not known, or not there: which keys there are. */
const keysHelp = ({ keys, required }: ManifestKind, value: Json, path: ManifestIssue["path"], plugin: string): { readonly help?: string } => {
  const [key] = path
  const isKnown = typeof key === "string" && keys.includes(key)
  const isThere = typeof key === "string" && isFields(value) && Object.hasOwn(value, key)
  if (keys.length === 0 || path.length > 1 || (isKnown && isThere)) return {}
  const near = typeof key === "string" && !isKnown ? suggest(key, keys) : undefined
  const needed = required.length === 0 ? "" : `, and needs ${quotedList(required)}`
  return { help: `${near === undefined ? "" : `did you mean "${near}"? `}"${plugin}" takes ${quotedList(keys)}${needed}` }
}

const isFields = (value: Json | undefined): value is { readonly [key: string]: Json } => typeof value === "object" && value !== null && !Array.isArray(value)
const isJson = (value: unknown): value is Json => value !== undefined

/** The node that a path leads to, or the last one on the way that is there. */
const placeIn = (node: YamlNode, path: ManifestIssue["path"]): Span => {
  const [first, ...rest] = path
  if (first === undefined) return node.span
  if (node.kind === "map") {
    const entry = node.entries.find(({ name }) => name === String(first))
    if (entry === undefined) return node.span
    return rest.length === 0 && (entry.value.kind === "null" || entry.value.span.start === entry.value.span.end) ? entry.key : placeIn(entry.value, rest)
  }
  const item = node.kind === "list" ? node.items[Number(first)] : undefined
  return item === undefined ? node.span : placeIn(item, rest)
}

const checkDriver = ({ id, settings }: SessionDeclaration, manifests: ReadonlyMap<string, PluginManifest>): ReadonlyArray<Diagnostic> => {
  const { runner } = settings
  const manifest = runner === undefined || (runner.kind === "driver" && runner.scheme !== undefined) ? undefined : manifests.get(useOf(runner))
  if (runner === undefined || manifest === undefined) return []
  const { driver } = manifest.kinds
  if (driver === undefined) return [mismatch(manifest, "driver", (runner.kind === "manifest" ? runner.path : runner.name).span)]
  const keys = settings.driverKeys.filter(({ name, inherited }) => !inherited || driver.keys.includes(name))
  const value = Object.fromEntries(keys.map((key) => [key.name, plainValue(key.value, maxValueParts)]))
  const unknown = (path: ManifestIssue["path"]): boolean => path.length === 1 && keys.some(({ name }) => name === path[0] && !driver.keys.includes(name))
  const part = { ...driver, check: (config: Json) => driver.check(config).filter(({ path }) => !unknown(path)) }
  return problems(part, value, (path) => placeOfKey(keys, path) ?? id.span, manifest.name)
}

const placeOfKey = (keys: ReadonlyArray<DriverKey>, [first, ...rest]: ManifestIssue["path"]): Span | undefined => {
  const key = keys.find(({ name }) => name === first)
  return key === undefined ? undefined : key.value.kind === "null" ? key.key : placeIn(key.value, rest)
}

/** What stands under `with` of `plugins:` counts in rules as well. */
const checkRule = (
  rule: Rule,
  document: FleetDocument,
  { of }: ResolvedExpressions,
  manifests: ReadonlyMap<string, PluginManifest>,
): ReadonlyArray<Diagnostic> =>
  actionsOf(rule).flatMap((action) => {
    const manifest = action.kind === "use" ? manifests.get(action.plugin.text) : undefined
    if (action.kind !== "use" || manifest === undefined) return []
    const part = manifest.kinds.routing
    if (part === undefined) return [mismatch(manifest, "routing", action.plugin.span)]
    const { config } = action
    const written = config && of.get(config)
    const own = config === undefined ? {} : written && constantOf(written)
    const value = isFields(own) ? { ...declaredConfig(document, manifest.name), ...own } : own
    const place = (path: ManifestIssue["path"]): Span =>
      config?.entries.find(({ key }) => key.text === path[0])?.value.span ?? config?.span ?? action.plugin.span
    return problems(part, value, place, manifest.name)
  })
