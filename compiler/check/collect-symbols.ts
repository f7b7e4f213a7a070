/** Every name a fleet declares, and those declared twice. */
import { diagnose, type Diagnostic, type Span } from "../diagnostics/index.ts"
import type { Let, Name } from "../routes/index.ts"
import type { ParsedFleet, Symbols } from "./model.ts"
import { reservedRoots } from "./vocabulary.ts"
import { actionsOf, isFor, isGate } from "./walk.ts"

export const collectSymbols = (fleet: ParsedFleet): { readonly symbols: Symbols; readonly diagnostics: ReadonlyArray<Diagnostic> } => {
  const problems: Array<Diagnostic> = []
  const sessions = new Map(fleet.document.sessions.map(({ id }) => [id.value, id.span]))
  const actions = fleet.rules.flatMap(actionsOf)
  const lets = new Map<string, Let>()
  const taken = (name: Name, kinds: Kinds): boolean => {
    const other = reservedRoots.has(name.text) ? { what: "the language" } : kinds.find(({ names }) => names.has(name.text))
    if (other === undefined) return false
    const span = "names" in other ? other.names.get(name.text) : undefined
    const related = span === undefined ? [] : [{ span, message: "it is declared here" }]
    problems.push(diagnose("duplicate-name", name.span, { name: name.text, other: other.what }, { related }))
    return true
  }
  const letSpans = new Map<string, Span>()
  const values: Kinds = [
    { what: "a session", names: sessions },
    { what: "a let", names: letSpans },
  ]
  for (const declared of fleet.lets) {
    if (taken(declared.name, values)) continue
    lets.set(declared.name.text, declared)
    letSpans.set(declared.name.text, declared.name.span)
  }
  for (const action of actions) if (isFor(action)) taken(action.variable, values)
  const gates = new Map<string, Span>()
  for (const action of actions)
    if (isGate(action) && !gates.has(action.name.text)) {
      taken(action.name, [{ what: "a session", names: sessions }])
      gates.set(action.name.text, action.name.span)
    }
  const symbols = {
    sessions: new Set(sessions.keys()),
    instances: new Set([
      ...actions.filter(isFor).flatMap(({ send }) => send.targets.map(({ text }) => text)),
      ...fleet.document.sessions.flatMap(({ id, settings }) => (settings.dynamic === undefined ? [] : [id.value])),
    ]),
    gates,
    inputs: new Set(fleet.document.inputs.map(({ name }) => name.value)),
    lets,
    lost: fleet.lostNames,
    plugins: new Set(fleet.document.plugins.flatMap(({ use, manifest }) => [use.value, manifest?.name ?? nameOfPlugin(use.value)])),
  }
  return { symbols, diagnostics: problems }
}

type Kinds = ReadonlyArray<{ readonly what: string; readonly names: ReadonlyMap<string, Span> }>

/** `./plugins/ticket-router.ts` and `@acme/ticket-router` are both known as `ticket-router`, as long as nobody has asked them. */
export const nameOfPlugin = (use: string): string => (use.split(/[/\\]/).at(-1) ?? use).replace(/\.(?:[cm]?[jt]s|jsx|tsx)$/, "")
