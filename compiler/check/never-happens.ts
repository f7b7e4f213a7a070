/** What rules wait for or do, and nothing in the fleet brings about: to undo what says nothing about how, and the end of a time that is not limited. */
import { diagnose, type Diagnostic } from "../diagnostics/index.ts"
import type { Rule } from "../routes/index.ts"
import type { ParsedFleet, Symbols } from "./model.ts"
import { isShare } from "./rule-values.ts"
import { actionsOf, isGate, namedEventsOf } from "./walk.ts"

export const neverHappens = (fleet: ParsedFleet, symbols: Symbols): ReadonlyArray<Diagnostic> => [
  ...vainUndoing(fleet, symbols),
  ...vainExpiries(fleet, symbols),
  ...(fleet.document.hasBudget ? [] : fleet.rules.flatMap(vainShares)),
]

/** Of what has no limit no share is ever reached. */
const vainShares = (rule: Rule): ReadonlyArray<Diagnostic> =>
  rule.triggers.some(({ join }) => join.kind !== "event" || join.subject.text !== "budget" || join.percent === undefined || !isShare(join.percent.value))
    ? []
    : [diagnose("dead-route:because", rule.span, { reason: "the fleet has no budget" }, { help: "give the fleet a budget, or remove the route" })]

/** `undo X`, and waiting for `X.compensated`, without `compensate` at X. */
const vainUndoing = ({ document, rules }: ParsedFleet, { sessions }: Symbols): ReadonlyArray<Diagnostic> => {
  const undoable = new Set(document.sessions.flatMap(({ id, settings }) => (settings.compensate === undefined ? [] : [id.value])))
  const inVain = (session: string): boolean => sessions.has(session) && !undoable.has(session)
  const more = (session: string) => {
    const declared = document.sessions.find(({ id }) => id.value === session)
    return {
      help: `say at session "${session}" which session undoes its work: compensate: …`,
      related: declared === undefined ? [] : [{ span: declared.id.span, message: "it is declared here" }],
    }
  }
  return rules.flatMap((rule) => [
    ...rule.triggers
      .flatMap(({ join }) => namedEventsOf(join))
      .filter(({ subject, event }) => event.text === "compensated" && inVain(subject.text))
      .map(({ subject: { text }, span }) => diagnose("dead-route:never-compensated", span, { session: text }, more(text))),
    ...actionsOf(rule).flatMap((action) =>
      action.kind === "undo" && inVain(action.session.text)
        ? [diagnose("dead-route:undoes-nothing", action.span, { session: action.session.text }, more(action.session.text))]
        : [],
    ),
  ])
}

/** `G.expired` of a gate that is always opened without a time limit. */
const vainExpiries = ({ rules }: ParsedFleet, { gates }: Symbols): ReadonlyArray<Diagnostic> => {
  if (gates.size === 0) return []
  const opened = rules.flatMap(actionsOf).filter(isGate)
  const limited = new Set(opened.flatMap(({ name, within }) => (within === undefined ? [] : [name.text])))
  return rules
    .flatMap(({ triggers }) => triggers.flatMap(({ join }) => namedEventsOf(join)))
    .filter(({ subject, event }) => event.text === "expired" && gates.has(subject.text) && !limited.has(subject.text))
    .map(({ subject: { text }, span }) => {
      const related = opened.flatMap((gate) => (gate.name.text === text ? [{ span: gate.span, message: "it is opened here" }] : []))
      return diagnose(
        "dead-route:never-expires",
        span,
        { gate: text },
        { help: `say how long it waits: gate ${text} "…" within 24h`, related: related.slice(0, 1) },
      )
    })
}
