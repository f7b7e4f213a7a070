/** What a module exports, held against the contract. Everything the loader gives out has passed this. */
import { noCapabilities } from "./driver.ts"
import { pluginApi, pluginKinds, type Plugin, type PluginKind } from "./plugin.ts"
import { boundaries } from "./policy.ts"

export type CheckedPlugin =
  | { readonly ok: true; readonly plugin: Plugin }
  | { readonly ok: false; readonly code: "plugin-api-version"; readonly found: string }
  | { readonly ok: false; readonly code: "plugin-load-failed"; readonly reason: string }

type Fields = { readonly [key: string]: unknown }

const isObject = (value: unknown): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value)
const isFunction = (value: unknown): boolean => typeof value === "function"
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every((item) => typeof item === "string")

/** What is wrong with the parts of a kind; undefined when nothing is. */
const kindProblem: { readonly [K in PluginKind]: (kind: Fields) => string | undefined } = {
  driver: ({ open, capabilities }) => {
    if (!isFunction(open)) return "`driver.open` is no function"
    if (!isObject(capabilities)) return "`driver.capabilities` is missing"
    const unknown = Object.keys(capabilities).find((name) => name !== "sandbox" && !Object.hasOwn(noCapabilities, name))
    if (unknown !== undefined) return `\`driver.capabilities.${unknown}\` is none of ${Object.keys(noCapabilities).join(", ")}, sandbox`
    const wrong = Object.keys(noCapabilities).find((flag) => flag !== "usage" && typeof capabilities[flag] !== "boolean")
    if (wrong !== undefined) return `\`driver.capabilities.${wrong}\` is neither true nor false`
    return ["none", "delta", "cumulative"].includes(String(capabilities["usage"]))
      ? undefined
      : "`driver.capabilities.usage` is none of none, delta, cumulative"
  },
  workspace: ({ acquire, isolated }) =>
    !isFunction(acquire) ? "`workspace.acquire` is no function" : typeof isolated !== "boolean" ? "`workspace.isolated` is neither true nor false" : undefined,
  policy: ({ decide, boundaries: seen }) => {
    if (!isFunction(decide)) return "`policy.decide` is no function"
    const known: ReadonlyArray<unknown> = boundaries
    return Array.isArray(seen) && seen.length > 0 && seen.every((one) => known.includes(one))
      ? undefined
      : `\`policy.boundaries\` is no list of ${boundaries.join(", ")}`
  },
  routing: ({ decide }) => (isFunction(decide) ? undefined : "`routing.decide` is no function"),
  sink: ({ write, close }) =>
    !isFunction(write) ? "`sink.write` is no function" : close === undefined || isFunction(close) ? undefined : "`sink.close` is no function",
}

const configProblem = (kind: PluginKind, { config, timeoutMs }: Fields): string | undefined => {
  if (config !== undefined && !(isObject(config) && isFunction(config["decode"]) && isTexts(config["keys"])))
    return `\`${kind}.config\` was not made by definePlugin`
  return timeoutMs === undefined || (typeof timeoutMs === "number" && timeoutMs > 0) ? undefined : `\`${kind}.timeoutMs\` is no positive number`
}

const accessProblem = (access: unknown): string | undefined => {
  if (access === undefined) return undefined
  if (!isObject(access)) return "`access` is no record"
  const known = ["read", "write", "net", "run", "env"]
  const wrong = Object.entries(access).find(([key, value]) => !known.includes(key) || !isTexts(value))
  return wrong === undefined ? undefined : `\`access.${wrong[0]}\` is no list of texts under ${known.join(", ")}`
}

const problemOf = (plugin: Fields): string | undefined => {
  const { name, version } = plugin
  if (typeof name !== "string" || !/^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(name)) return "`name` is not made of letters, digits, - and _"
  if (typeof version !== "string" || !/^\d+\.\d+\.\d+/.test(version)) return "`version` is not of the form 1.2.3"
  const kinds = pluginKinds.filter((kind) => plugin[kind] !== undefined)
  if (kinds.length === 0) return `it provides none of ${pluginKinds.join(", ")}`
  for (const kind of kinds) {
    const part = plugin[kind]
    const problem = isObject(part) ? (kindProblem[kind](part) ?? configProblem(kind, part)) : `\`${kind}\` is no record`
    if (problem !== undefined) return problem
  }
  return accessProblem(plugin["access"])
}

const isPlugin = (value: Fields): value is Fields & Plugin => problemOf(value) === undefined

/** `exported` is the default export of a plugin's module. */
export const checkPlugin = (exported: unknown): CheckedPlugin => {
  try {
    return held(exported)
  } catch (error) {
    return { ok: false, code: "plugin-load-failed", reason: `reading what it exports fails: ${error instanceof Error ? error.message : "it throws"}` }
  }
}

const held = (exported: unknown): CheckedPlugin => {
  if (!isObject(exported)) return { ok: false, code: "plugin-load-failed", reason: "its default export is not made by definePlugin" }
  const { api } = exported
  if (api !== pluginApi) return { ok: false, code: "plugin-api-version", found: typeof api === "number" || typeof api === "string" ? String(api) : "none" }
  if (isPlugin(exported)) return { ok: true, plugin: exported }
  return { ok: false, code: "plugin-load-failed", reason: problemOf(exported) ?? "it does not fit the contract" }
}

/** What the plugin provides. */
export const kindsOf = (plugin: Plugin): ReadonlyArray<PluginKind> => pluginKinds.filter((kind) => plugin[kind] !== undefined)
