/** CAP routes as the rules they equal (language.md 2); every node stands where the CAP route says it. */
import type { CapRoute } from "../document/index.ts"
import type { Spanned } from "../document/index.ts"
import type { Action, Join, Name, NamedEvent, Rule } from "../routes/index.ts"

export const ruleOfCapRoute = (route: CapRoute): Rule => {
  const { span } = route
  const events = route.when.map(doneOf)
  const [only] = events
  const join: Join = only !== undefined && events.length === 1 ? only : { kind: "all", members: events, bracketed: true, span: route.whenSpan }
  return { kind: "rule", triggers: [{ join, span: route.whenSpan }], cases: [{ action: actionOf(route), span }], form: "arrow", span }
}

const nameOf = ({ value, span }: Spanned<string>): Name => ({ text: value, span })

const doneOf = (session: Spanned<string>): NamedEvent => ({
  kind: "event",
  subject: nameOf(session),
  event: { text: "done", span: session.span },
  kinds: [],
  span: session.span,
})

const actionOf = ({ action, when }: CapRoute): Action => {
  const { span } = action
  switch (action.kind) {
    case "route_to":
      return { kind: "send", targets: [nameOf(action.to)], bracketed: false, modifiers: {}, span }
    case "fan_out":
      return {
        kind: "send",
        targets: action.to.map(nameOf),
        bracketed: true,
        modifiers: action.split.value === "by_subtask" ? { bySubtask: { span: action.split.span } } : {},
        span,
      }
    case "collect":
      return { kind: "select", from: when.map(nameOf), span }
  }
}
