/** The names in rules: sessions, events, kinds and plugins. Those in expressions are looked up by `resolve-expression.ts`. */
import { didYouMean, diagnose, quotedList, type Diagnostic } from "../diagnostics/index.ts"
import type { Action, Name, Rule, Send } from "../routes/index.ts"
import { builtinRouter } from "./builtin-plugins.ts"
import { checkEvent, unknownSession } from "./event-names.ts"
import type { Symbols } from "./model.ts"
import { actionsOf, namedEventsOf } from "./walk.ts"

export const checkRuleNames = (rule: Rule, symbols: Symbols): ReadonlyArray<Diagnostic> => {
  const found: Array<Diagnostic> = []
  for (const { join } of rule.triggers) for (const event of namedEventsOf(join)) for (const each of checkEvent(event, symbols)) found.push(each)
  for (const action of actionsOf(rule)) for (const each of checkAction(action, symbols)) found.push(each)
  return found
}

const checkAction = (action: Action, symbols: Symbols): ReadonlyArray<Diagnostic> => {
  switch (action.kind) {
    case "send":
      return [...checkSessions(action.targets, symbols, isOneWord(action) ? wholeActions : []), ...checkTwice(action.targets)]
    case "select":
      return action.from === undefined ? [] : [...checkSessions(action.from, symbols), ...checkTwice(action.from)]
    case "retry":
    case "undo":
      return checkSessions([action.session], symbols)
    case "cancel":
      return action.target.kind === "session" ? checkSessions([action.target.name], symbols) : []
    case "use":
      return symbols.plugins.has(action.plugin.text) || action.plugin.text === builtinRouter ? [] : [unknownPlugin(action.plugin, symbols.plugins)]
    default:
      return []
  }
}

/** Actions of one word, which a send of one word may have been meant to be. */
const wholeActions = ["complete", "select", "pause"]

const isOneWord = ({ targets, bracketed, modifiers }: Send): boolean => targets.length === 1 && !bracketed && Object.keys(modifiers).length === 0

const checkSessions = (names: ReadonlyArray<Name>, { sessions }: Symbols, more: ReadonlyArray<string> = []): ReadonlyArray<Diagnostic> =>
  names.filter(({ text }) => !sessions.has(text)).map((name) => unknownSession(name, sessions, more))

/** Each name that stands in the list before already. */
export const checkTwice = (names: ReadonlyArray<Name>): ReadonlyArray<Diagnostic> => {
  const first = new Map<string, Name>()
  return names.flatMap((name) => {
    const before = first.get(name.text)
    if (before === undefined) first.set(name.text, name)
    return before === undefined
      ? []
      : [diagnose("duplicate-target", name.span, { name: name.text }, { related: [{ span: before.span, message: "it is named here" }] })]
  })
}

export const loadIt = (name: string): string => `load it: plugins: [./plugins/${name}.ts], or the name of a package`

const unknownPlugin = ({ text, span }: Name, plugins: ReadonlySet<string>): Diagnostic => {
  if (plugins.size === 0) return diagnose("unknown-plugin:none-loaded", span, { name: text }, { help: loadIt(text) })
  return diagnose("unknown-plugin", span, { name: text, expected: quotedList(plugins) }, didYouMean(text, span, plugins))
}
