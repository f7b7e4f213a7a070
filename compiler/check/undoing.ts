/** What undoes nothing: `undo X`, and waiting for `X.compensated`, where X says nothing about how its work is undone. */
import { diagnose, type Diagnostic } from "../diagnostics/index.ts"
import type { ParsedFleet, Symbols } from "./model.ts"
import { actionsOf, namedEventsOf } from "./walk.ts"

export const vainUndoing = ({ document, rules }: ParsedFleet, { sessions }: Symbols): ReadonlyArray<Diagnostic> => {
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
