/** Fanned-out sessions: which of their instances an event or a value speaks of must be said (language.md 3, Instances). */
import { diagnose, type Diagnostic } from "../diagnostics/index.ts"
import type { Action, Join, NamedEvent, Rule } from "../routes/index.ts"
import type { ParsedFleet, ResolvedExpressions } from "./model.ts"
import { partsOf } from "./parts.ts"
import { actionsOf, isFor, namedEventsOf, sitesOfCases } from "./walk.ts"

/** A bare `worker.done` (or `settled`); other events of an instance are news of that instance alone. */
export const ambiguousEvents = (rule: Rule, instances: ReadonlySet<string>): ReadonlyArray<Diagnostic> =>
  rule.triggers.flatMap(({ join }) => {
    if (join.kind !== "event" || !instances.has(join.subject.text) || !["done", "settled"].includes(join.event.text)) return []
    const event = `${join.subject.text}.${join.event.text}`
    return [diagnose("ambiguous-instances", join.span, { session: join.subject.text, event })]
  })

/** A plain send, a start or a compensation reaches no instance, and a workspace starts from none: instances are there only by `for`. */
export const ambiguousSends = ({ rules, document }: ParsedFleet, instances: ReadonlySet<string>): ReadonlyArray<Diagnostic> => {
  if (instances.size === 0) return []
  const actions = rules.flatMap(actionsOf)
  const inFor = new Set<Action>(actions.filter(isFor).map(({ send }) => send))
  const sent = actions.flatMap((action) => (action.kind === "send" && !inFor.has(action) ? action.targets : []))
  const started = document.start.map(({ value, span }) => ({ text: value, span }))
  const retried = rules.flatMap((rule) => {
    if (!actionsOf(rule).some(({ kind }) => kind === "retry")) return []
    const own = new Set(rule.triggers.flatMap(({ join }) => namedEventsOf(join)).map(({ subject }) => subject.text))
    return actionsOf(rule).flatMap((action) => (action.kind === "retry" && !own.has(action.session.text) ? [action.session] : []))
  })
  const named = new Set(document.sessions.flatMap(({ settings: { compensate, from } }) => [compensate ?? [], from ?? []].flat()))
  return [
    ...[...started, ...sent, ...retried]
      .filter(({ text }) => instances.has(text))
      .map(({ text, span }) => diagnose("ambiguous-instances:send", span, { session: text })),
    ...[...named].filter(({ value }) => instances.has(value)).map(({ value, span }) => diagnose("ambiguous-instances:one", span, { session: value })),
  ]
}

/** `worker.output` where the rule is not about one instance. */
export const ambiguousValues = (rule: Rule, instances: ReadonlySet<string>, { of, spans }: ResolvedExpressions): ReadonlyArray<Diagnostic> => {
  const one = new Set(rule.triggers.flatMap(({ join }) => singleInstance(join)).map(({ subject }) => subject.text))
  return sitesOfCases(rule).flatMap(({ root }) => {
    const expr = of.get(root)
    return (expr === undefined ? [] : partsOf(expr)).flatMap((part) => {
      if (part.op !== "session" || part.property === "outputs" || !instances.has(part.session) || one.has(part.session)) return []
      const span = spans.get(part)
      if (span === undefined || rule.triggers.some(({ join }) => join.kind === "event" && join.subject.text === part.session)) return []
      const value = `${part.session}.${part.property}`
      return [
        diagnose("ambiguous-instances:value", span, { session: part.session, value, expected: `"${part.session}.outputs", or each(${part.session}.done)` }),
      ]
    })
  })
}

/** `worker.output` among what the run gives. */
export const ambiguousOutputs = (
  outputs: ParsedFleet["outputs"],
  instances: ReadonlySet<string>,
  { of, spans }: ResolvedExpressions,
): ReadonlyArray<Diagnostic> =>
  outputs.flatMap(({ value }) => {
    const expr = of.get(value)
    return (expr === undefined ? [] : partsOf(expr)).flatMap((part) => {
      const span = spans.get(part)
      if (part.op !== "session" || part.property === "outputs" || !instances.has(part.session) || span === undefined) return []
      const read = `${part.session}.${part.property}`
      return [
        diagnose(
          "ambiguous-instances:value",
          span,
          { session: part.session, value: read, expected: `"${part.session}.outputs"` },
          { help: "it has one item for each instance" },
        ),
      ]
    })
  })

const singleInstance = (join: Join): ReadonlyArray<NamedEvent> => (join.kind === "each" ? [join.event] : join.kind === "event" ? [join] : [])
