/** Fanned-out sessions: which of their instances an event or a value speaks of must be said (language.md 3, Instances). */
import { diagnose, type Diagnostic, type Span } from "../diagnostics/index.ts"
import type { Expr } from "../ir/index.ts"
import type { Action, Expr as ExprAst, Join, NamedEvent, Rule } from "../routes/index.ts"
import type { ParsedFleet } from "./model.ts"
import type { ResolvedNames } from "./names.ts"
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
export const ambiguousValues = (rule: Rule, instances: ReadonlySet<string>, names: Names): ReadonlyArray<Diagnostic> => {
  const reads = sitesOfCases(rule).flatMap(({ root }) => readsOf(root, instances, names))
  if (reads.length === 0) return []
  const one = new Set(rule.triggers.flatMap(({ join }) => singleInstance(join)).map(({ subject }) => subject.text))
  const told = new Set(rule.triggers.flatMap(({ join }) => (join.kind === "event" ? [join.subject.text] : [])))
  return reads
    .filter(({ session }) => !one.has(session) && !told.has(session))
    .map(({ session, property, span }) => {
      const value = `${session}.${property}`
      return diagnose("ambiguous-instances:value", span, { session, value, expected: `"${session}.outputs", or each(${session}.done)` })
    })
}

/** `worker.output` among what the run gives. */
export const ambiguousOutputs = (outputs: ParsedFleet["outputs"], instances: ReadonlySet<string>, names: Names): ReadonlyArray<Diagnostic> =>
  outputs.flatMap(({ value }) =>
    readsOf(value, instances, names).map(({ session, property, span }) => {
      const read = `${session}.${property}`
      return diagnose(
        "ambiguous-instances:value",
        span,
        { session, value: read, expected: `"${session}.outputs"` },
        { help: "it has one item for each instance" },
      )
    }),
  )

type Names = Pick<ResolvedNames, "expressions" | "symbols">

interface Read {
  readonly session: string
  readonly property: string
  readonly span: Span
}

/** What an expression reads of sessions with instances, where it does; what a let reads is read where the let is. */
const readsOf = (root: ExprAst, instances: ReadonlySet<string>, { expressions: { of, spans }, symbols }: Names): ReadonlyArray<Read> => {
  const reads: Array<Read> = []
  const seen = new Set<string>()
  const look = (expr: Expr | undefined, at: Span | undefined): void => {
    for (const part of expr === undefined ? [] : partsOf(expr)) {
      const span = at ?? spans.get(part)
      if (span === undefined) continue
      if (part.op === "session" && part.property !== "outputs" && instances.has(part.session))
        reads.push({ session: part.session, property: part.property, span })
      const declared = part.op === "let" && !seen.has(part.name) ? symbols.lets.get(part.name) : undefined
      if (part.op === "let") seen.add(part.name)
      if (declared !== undefined) look(of.get(declared.value), span)
    }
  }
  look(of.get(root), undefined)
  return reads
}

const singleInstance = (join: Join): ReadonlyArray<NamedEvent> => (join.kind === "each" ? [join.event] : join.kind === "event" ? [join] : [])
