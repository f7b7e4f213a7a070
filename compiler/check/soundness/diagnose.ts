/** Facts of the exploration as diagnostics. Where one cause explains several, only the cause is an error. */
import { diagnose, type Diagnostic, type Replay, type Span } from "../../diagnostics/index.ts"
import { stateBound } from "./explore.ts"
import type { Course, SoundnessFacts } from "./facts.ts"

/** Where a rule stands, and its join within it. */
export type SpanOf = (rule: string) => { readonly rule: Span; readonly join: Span }

const guardsBound = "its guards ask for things that depend on each other"
const undoingBound = "it waits for what an undo leads to"
const roomBound = "it depends on who starts first, with so few at once (limits.parallel)"
const statesBound = `more than ${stateBound} states`

export interface DiagnoseOptions {
  /** An error elsewhere (a loop without a bound) accounts for what is found here, so nothing here is an error. */
  readonly explained?: boolean
  /** Why something is not decided. */
  readonly bound?: string
  /** A script that follows a course; without one, any execution shows it. */
  readonly replayOf?: (course: Course | undefined) => Replay | undefined
}

export const diagnoseSoundness = (
  facts: SoundnessFacts,
  spanOf: SpanOf,
  { explained = false, bound = statesBound, replayOf }: DiagnoseOptions = {},
): ReadonlyArray<Diagnostic> => {
  const found: Array<Diagnostic> = []
  const replayed = (course: Course | undefined): { readonly replay?: () => Replay | undefined } =>
    replayOf === undefined ? {} : { replay: () => replayOf(course) }
  const info = { severity: "info" } as const
  const error = explained ? ({ severity: "warning" } as const) : {}
  for (const { rule, verdict, scenario = "", course, because, fires, guards, room, undoing } of facts.joins) {
    const span = spanOf(rule).join
    if (verdict === "unsatisfiable") {
      const consequence =
        because === undefined ? error : { severity: "warning" as const, related: [{ span: spanOf(because).rule, message: "because this rule never fires" }] }
      found.push(diagnose("unsatisfiable-join", span, { scenario }, { ...consequence, ...replayed(course) }))
    } else if (verdict === "may-starve") found.push(diagnose("join-may-starve", span, { scenario }, replayed(course)))
    else if (verdict === "undecided")
      found.push(
        diagnose(
          fires === true ? "join-may-starve:undecided" : "unsatisfiable-join:undecided",
          span,
          { bound: undoing === true ? undoingBound : room === true ? roomBound : guards === true ? guardsBound : bound },
          info,
        ),
      )
  }
  for (const { session, rules, scenario, course } of facts.doubleActivations)
    found.push(
      diagnose(
        "double-activation",
        spanOf(rules[1]).rule,
        { session, scenario },
        { related: [{ span: spanOf(rules[0]).rule, message: "the other rule" }], ...replayed(course) },
      ),
    )
  for (const { session, rule, guards } of facts.undecidedSessions)
    found.push(diagnose("double-activation:undecided", spanOf(rule).rule, { session, bound: guards === true ? guardsBound : bound }, info))
  if (facts.undecidedEnd !== undefined) found.push(diagnose("never-ends:undecided", spanOf(facts.undecidedEnd).rule, { bound }, info))
  if (facts.neverEnds !== undefined) {
    const { rule, scenario } = facts.neverEnds
    found.push(diagnose("never-ends", spanOf(rule).rule, { scenario }, { ...error, ...replayed(undefined) }))
  }
  for (const rule of facts.deadRules) found.push(diagnose("dead-route", spanOf(rule).rule, {}))
  return found
}
