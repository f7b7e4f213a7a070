/** The names in the document outside of routes: sessions, policy packs, workspaces, modes, sinks. */
import { didYouMean, diagnose, plainValue, quotedList, type Diagnostic } from "../diagnostics/index.ts"
import type { FleetDocument, PluginUse, SessionSettings, Spanned } from "../document/index.ts"
import type { Name } from "../routes/index.ts"
import { builtinDrivers, builtinModes, builtinPolicies, builtinWorkspaces } from "./builtin-plugins.ts"
import { checkFailureKind, unknownSession } from "./event-names.ts"
import type { Symbols } from "./model.ts"
import { checkTwice, loadIt } from "./rule-names.ts"

export const checkDocumentNames = (document: FleetDocument, symbols: Symbols): ReadonlyArray<Diagnostic> => {
  const start = document.start.map(nameOf)
  return [
    ...start.filter(({ text }) => !symbols.sessions.has(text)).map((name) => unknownSession(name, symbols.sessions)),
    ...checkTwice(start),
    ...document.policies.flatMap((use) => checkPolicy(use, symbols)),
    ...checkWorkspace(document.workspace, symbols),
    ...checkPlugin(document.mode, [...builtinModes], symbols),
    ...document.sinks.flatMap((use) => checkPlugin(use, [], symbols)),
    ...document.sessions.flatMap(({ id, settings }) => [...checkSession(settings, symbols), ...notItself(id.value, settings)]),
  ]
}

const nameOf = ({ value, span }: Spanned<string>): Name => ({ text: value, span })

const checkSession = (settings: SessionSettings, symbols: Symbols): ReadonlyArray<Diagnostic> => {
  const { sessions } = symbols
  const { from, compensate, policies = [], workspace, retry } = settings
  return [
    ...(from === undefined || from.value === "base" || from.value === "trigger" || sessions.has(from.value)
      ? []
      : [unknownSession(nameOf(from), sessions, ["base", "trigger"])]),
    ...(compensate === undefined || sessions.has(compensate.value) ? [] : [unknownSession(nameOf(compensate), sessions)]),
    ...policies.flatMap((use) => checkPolicy(use, symbols)),
    ...(workspace === undefined ? [] : checkWorkspace(workspace, symbols)),
    ...(retry?.on ?? []).flatMap((kind) => checkFailureKind(nameOf(kind))),
  ]
}

const notItself = (id: string, { from, compensate }: SessionSettings): ReadonlyArray<Diagnostic> => [
  ...(from?.value === id ? [diagnose("invalid-value", from.span, { what: '"from"', value: id, expected: '"base", "trigger" or another session' })] : []),
  ...(compensate?.value === id ? [diagnose("invalid-value", compensate.span, { what: '"compensate"', value: id, expected: "another session" })] : []),
]

const kinds: ReadonlyArray<readonly [kind: string, names: ReadonlyArray<string>]> = [
  ["a driver", builtinDrivers.map(({ name }) => name)],
  ["a policy pack", builtinPolicies],
  ["a workspace", builtinWorkspaces],
  ["a mode of routing", builtinModes],
]

/** A name that is known, but as something else. */
export const otherKind = ({ value, span }: Spanned<string>, expected: string): ReadonlyArray<Diagnostic> => {
  const found = kinds.find(([, names]) => names.includes(value))?.[0]
  return found === undefined ? [] : [diagnose("plugin-kind-mismatch", span, { plugin: value, expected, found })]
}

const checkPolicy = ({ use }: PluginUse, { plugins }: Symbols): ReadonlyArray<Diagnostic> => {
  const legal = [...builtinPolicies, ...plugins]
  if (legal.includes(use.value)) return []
  const other = otherKind(use, "policy pack")
  if (other.length > 0) return other
  return [diagnose("unknown-policy", use.span, { name: use.value, expected: quotedList(legal) }, didYouMean(use.value, use.span, legal, plainValue))]
}

const checkWorkspace = ({ use }: PluginUse, { plugins }: Symbols): ReadonlyArray<Diagnostic> => {
  const legal = [...builtinWorkspaces, ...plugins]
  if (legal.includes(use.value)) return []
  const other = otherKind(use, "workspace")
  if (other.length > 0) return other
  return [diagnose("unknown-workspace", use.span, { name: use.value, expected: quotedList(legal) }, didYouMean(use.value, use.span, legal, plainValue))]
}

const checkPlugin = ({ use }: PluginUse, builtin: ReadonlyArray<string>, { plugins }: Symbols): ReadonlyArray<Diagnostic> => {
  const legal = [...builtin, ...plugins]
  if (legal.includes(use.value)) return []
  const other = otherKind(use, builtin.length === 0 ? "sink" : "routing")
  if (other.length > 0) return other
  if (legal.length === 0) return [diagnose("unknown-plugin:none-loaded", use.span, { name: use.value }, { help: loadIt(use.value) })]
  return [diagnose("unknown-plugin", use.span, { name: use.value, expected: quotedList(legal) }, didYouMean(use.value, use.span, legal, plainValue))]
}
