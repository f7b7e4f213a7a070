/** Where a plugin's configuration takes the text of a file, its path gives way to that text: the IR needs no file, and its hash covers it. */
import { diagnose, type Diagnostic } from "../diagnostics/index.ts"
import type { FleetDocument, PluginUse, SessionSettings } from "../document/index.ts"
import type { PluginManifest } from "../ir/manifest.ts"
import { ScalarNode, type MapEntry, type MapNode } from "../source/index.ts"
import type { FoundPlugins } from "./apply-manifests.ts"
import type { FileReader } from "./file-reader.ts"

type Kind = "policy" | "workspace" | "sink" | "routing"

export interface IncludedFiles {
  readonly document: FleetDocument
  readonly diagnostics: ReadonlyArray<Diagnostic>
}

/** `document` has its manifests applied. */
export const includeFiles = (document: FleetDocument, found: FoundPlugins, files: FileReader): IncludedFiles => {
  const manifests = manifestsOf(document, found)
  if (![...manifests.values()].some(({ kinds }) => Object.values(kinds).some((kind) => kind.files !== undefined))) return { document, diagnostics: [] }
  const diagnostics: Array<Diagnostic> = []
  /** What stands in `defaults` is one node of many sessions. */
  const done = new Map<MapNode, MapNode>()
  const include =
    (kind: Kind) =>
    (use: PluginUse): PluginUse => {
      const taken = manifests.get(use.use.value)?.kinds[kind]?.files ?? []
      const { with: given } = use
      if (given === undefined || !given.entries.some((entry) => isPath(entry, taken))) return use
      const known = done.get(given)
      if (known !== undefined) return { ...use, with: known }
      const entries = given.entries.map((entry): MapEntry =>
        isPath(entry, taken) ? { ...entry, value: textOf(entry.value, use.use.value, entry.name) } : entry,
      )
      const included = { ...given, entries }
      done.set(given, included)
      return { ...use, with: included }
    }
  const textOf = (node: ScalarNode, plugin: string, key: string): ScalarNode => {
    const text = files.read(node.text)
    if (text !== undefined) return new ScalarNode("", node.span, node.style, text, text)
    diagnostics.push(
      diagnose("plugin-config-invalid", node.span, { plugin, problem: `${key}: the file ${node.text} cannot be read; paths are relative to the fleet file` }),
    )
    return node
  }
  const settings = (of: SessionSettings): SessionSettings => ({
    ...of,
    ...(of.policies && { policies: of.policies.map(include("policy")) }),
    ...(of.workspace && { workspace: include("workspace")(of.workspace) }),
  })
  const whole: FleetDocument = {
    ...document,
    policies: document.policies.map(include("policy")),
    sinks: document.sinks.map(include("sink")),
    workspace: include("workspace")(document.workspace),
    mode: include("routing")(document.mode),
    defaults: settings(document.defaults),
    sessions: document.sessions.map((session) => ({ ...session, settings: settings(session.settings) })),
  }
  return { document: whole, diagnostics }
}

const manifestsOf = ({ plugins }: FleetDocument, found: FoundPlugins): ReadonlyMap<string, PluginManifest> => {
  const builtin = [...found].flatMap(([name, one]): ReadonlyArray<readonly [string, PluginManifest]> =>
    one.ok && one.manifest.integrity === undefined ? [[name, one.manifest]] : [],
  )
  const own = plugins.flatMap(({ manifest }): ReadonlyArray<readonly [string, PluginManifest]> => (manifest === undefined ? [] : [[manifest.name, manifest]]))
  return new Map([...builtin, ...own])
}

const isPath = (entry: MapEntry, taken: ReadonlyArray<string>): entry is MapEntry & { readonly value: ScalarNode } =>
  taken.includes(entry.name) && entry.value.kind === "scalar" && /^\.{1,2}\/[^\n]*$/.test(entry.value.text)
