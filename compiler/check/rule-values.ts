/** Numbers and modifiers of rules that are well written and mean nothing. */
import { diagnose, type Diagnostic } from "../diagnostics/index.ts"
import type { Symbols } from "./model.ts"
import type { DurationLiteral, IntLiteral, Join, NamedEvent, Rule } from "../routes/index.ts"
import { actionsOf, eventsOf, isActivation, namedEventsOf } from "./walk.ts"

export const checkRuleValues = (rule: Rule, symbols: Symbols): ReadonlyArray<Diagnostic> => [
  ...countsOf(rule)
    .filter(({ value }) => value < 1)
    .map(({ value, span }) => diagnose("invalid-value", span, { what: "count", value, expected: "a number from 1" })),
  ...durationsOf(rule)
    .filter(({ ms }) => ms === 0)
    .map(({ text, span }) => diagnose("invalid-value", span, { what: "duration", value: text, expected: "a time above 0" })),
  ...rule.triggers.flatMap(({ join }) => eventsOf(join).flatMap((event) => (event.kind === "every" ? [] : checkPercent(event)))),
  ...subtasks(rule, symbols),
]

/** `2 of`, `max 3`, `limit 4`: none of them means anything when it is 0. */
const countsOf = (rule: Rule): ReadonlyArray<IntLiteral> => [
  ...rule.triggers.flatMap(({ join }) => countsIn(join)),
  ...actionsOf(rule)
    .filter(isActivation)
    .flatMap(({ modifiers: { max, limit } }) => [max?.count, limit?.count])
    .filter((count) => count !== undefined),
]

const countsIn = (join: Join): ReadonlyArray<IntLiteral> =>
  "members" in join ? [...(join.kind === "count" ? [join.count] : []), ...join.members.flatMap(countsIn)] : []

/** What is over before it began: an interval, a silence, a time limit. `after 0s` is at once. */
const durationsOf = (rule: Rule): ReadonlyArray<DurationLiteral> =>
  [
    ...rule.triggers.flatMap(({ join, within }) => [
      ...eventsOf(join).map((event) => (event.kind === "every" ? event.interval : event.duration)),
      within?.duration,
    ]),
    ...actionsOf(rule).map((action) => (action.kind === "gate" ? action.within : undefined)),
  ].filter((duration) => duration !== undefined)

export const isShare = (percent: number): boolean => percent > 0 && percent <= 100

const checkPercent = ({ percent }: NamedEvent): ReadonlyArray<Diagnostic> =>
  percent === undefined || isShare(percent.value)
    ? []
    : [diagnose("invalid-value", percent.span, { what: "share", value: `${percent.value}%`, expected: "a share of the budget, above 0% and up to 100%" })]

/** The list is in the answer of the one session that triggers the send. */
const subtasks = (rule: Rule, symbols: Symbols): ReadonlyArray<Diagnostic> => {
  const splits = actionsOf(rule).flatMap((action) => (action.kind === "send" && action.modifiers.bySubtask !== undefined ? [action.modifiers.bySubtask] : []))
  if (splits.length === 0 || rule.triggers.every(({ join }) => isOneSession(join, symbols))) return []
  return splits.map(({ span }) =>
    diagnose(
      "invalid-value",
      span,
      { what: "split", value: "by subtask", expected: "one triggering session, whose answer holds the subtasks" },
      { help: "let one session plan, and split on its done" },
    ),
  )
}

/** Names that are not known are told of elsewhere. */
const isOneSession = (join: Join, symbols: Symbols): boolean => {
  const events = namedEventsOf(join)
  if (events.some(({ subject, event }) => symbols.sessions.has(subject.text) && notYetAnswered.has(event.text))) return false
  if (join.kind === "all" || join.kind === "count") return join.members.length === 1 && join.members.every((member) => isOneSession(member, symbols))
  return events.length > 0 && events.every(({ subject }) => !ofTheRun.has(subject.text) && !symbols.gates.has(subject.text))
}

const notYetAnswered: ReadonlySet<string> = new Set(["started", "asked", "idle"])

const ofTheRun: ReadonlySet<string> = new Set(["fleet", "human", "budget"])
