/** Sessions with `defaults` merged and every default filled in (language.md 2). */
import { defined } from "../document/section.ts"
import type { Budget as WrittenBudget, EnvironmentEntry, RetrySettings, SandboxSettings, SessionDeclaration } from "../document/index.ts"
import { failureKinds, type Budget, type EnvironmentValue, type Retry, type Sandbox, type Session } from "../ir/index.ts"
import type { DriverDescription } from "../check/builtin-plugins.ts"
import type { OutputType, ParsedFleet } from "../check/model.ts"
import type { LoweredSessions } from "../memory/lowered-sessions.ts"
import { oneOfThem } from "../check/vocabulary.ts"
import { actionsOf, isActivation, namedEventsOf } from "../check/walk.ts"
import { lowerDriver, lowerUse } from "./plugin-uses.ts"
import type { ToSourceSpan } from "./source-spans.ts"

export interface SessionContext {
  readonly fleet: ParsedFleet
  readonly drivers: ReadonlyArray<DriverDescription>
  readonly instances: ReadonlySet<string>
  readonly span: ToSourceSpan
}

/** `known`: sessions that were lowered before; for who asks without places. */
export const lowerSessions = (context: SessionContext, known?: LoweredSessions): ReadonlyArray<Session> => {
  const continuing = sessionsThatContinue(context.fleet)
  const { document, outputTypes } = context.fleet
  known?.lookAround(document, context.drivers)
  return document.sessions.map((session) => {
    const id = session.id.value
    const around = { continues: continuing.has(id), instances: context.instances.has(id), output: outputTypes.get(id) }
    const lowered = known?.find(session, around) ?? lowerSession(session, around.continues, context)
    known?.keep(session, around, lowered)
    return lowered
  })
}

const lowerSession = ({ id, span, settings }: SessionDeclaration, continues: boolean, context: SessionContext): Session => {
  const { document, outputTypes } = context.fleet
  const from = settings.from?.value ?? (continues ? "trigger" : "base")
  return defined({
    id: id.value,
    role: settings.role?.value,
    driver: lowerDriver(settings, context.drivers),
    model: settings.model?.value,
    systemPrompt: settings.systemPrompt?.value,
    maxTurns: settings.maxTurns?.value,
    permissions: (settings.permissions ?? document.permissions).value,
    policies: (settings.policies ?? []).map(lowerUse),
    workspace: lowerUse(settings.workspace ?? document.workspace),
    from: from === "base" || from === "trigger" ? ({ kind: from } as const) : ({ kind: "session", session: from } as const),
    output: lowerOutput(outputTypes.get(id.value)),
    timeoutMs: settings.timeout?.value,
    idleTimeoutMs: settings.idleTimeout?.value,
    retry: lowerRetry(settings.retry),
    budget: settings.budget && lowerBudget(settings.budget),
    slo: settings.slo && defined({ tier: settings.slo.tier?.value, queueTargetMs: settings.slo.queueTarget?.value, priority: settings.slo.priority?.value }),
    priority: settings.priority?.value ?? settings.slo?.priority?.value ?? 0,
    compensate: settings.compensate?.value,
    effect: settings.effect?.value ?? "external",
    context: settings.context?.value ?? "keep",
    env: lowerEnvironment(settings.env ?? []),
    checkpoint: settings.checkpoint?.value ?? false,
    sandbox: settings.sandbox && lowerSandbox(settings.sandbox),
    instances: context.instances.has(id.value),
    dynamic: settings.dynamic?.value,
    span: context.span(span),
  })
}

const lowerSandbox = ({ use, net, read = [], write = [] }: SandboxSettings): Sandbox => ({
  use: use.value,
  net: net?.value ?? false,
  read: read.map(({ value }) => value),
  write: write.map(({ value }) => value),
})

const lowerOutput = (output: OutputType | undefined): Session["output"] => output && defined({ type: output.type, schema: output.schema })

/** Undefined when nothing is limited. */
export const lowerBudget = (budget: WrittenBudget): Budget | undefined => {
  const { usd, tokens, wall, turns } = budget
  return (usd ?? tokens ?? wall ?? turns) ? defined({ usd: usd?.value, tokens: tokens?.value, wallMs: wall?.value, turns: turns?.value }) : undefined
}

const lowerRetry = (retry: RetrySettings | undefined): Retry =>
  defined({
    attempts: retry?.attempts?.value ?? 1,
    backoffMs: retry?.backoff?.value ?? 1000,
    factor: retry?.factor?.value ?? 2,
    maxMs: retry?.max?.value,
    jitter: retry?.jitter?.value ?? false,
    on: retry?.on?.flatMap(({ value }) => {
      const kind = oneOfThem(value, failureKinds)
      return kind === undefined ? [] : [kind]
    }),
  })

/** `${env.NAME}` is a secret of the caller's environment, `$NAME` and `${NAME}` alone pass on its variable; any other text is itself. */
const lowerEnvironment = (entries: ReadonlyArray<EnvironmentEntry>): Session["env"] =>
  Object.fromEntries(
    entries.map(({ name, value }) => {
      const from = /^\$(?:\{(env\.)?([A-Za-z_]\w*)\}|([A-Za-z_]\w*))$/.exec(value.value)
      const variable = from?.[2] ?? from?.[3]
      if (variable === undefined) return [name.value, lowerText(value.value)]
      return [name.value, { from: variable, ...(from?.[1] === undefined ? {} : { secret: true as const }) }]
    }),
  )

const lowerText = (text: string): EnvironmentValue => {
  // a split by a group gives texts and names by turns
  const parts = text.split(/\$\{env\.([A-Za-z_]\w*)\}/)
  if (parts.length === 1) return { value: text }
  return { parts: parts.flatMap<string | { readonly from: string }>((part, at) => (at % 2 === 1 ? [{ from: part }] : part === "" ? [] : [part])) }
}

/** Sessions that one session at a time triggers: their work goes on from that session's. */
const sessionsThatContinue = ({ document, rules }: ParsedFleet): ReadonlySet<string> => {
  const sessions = new Set(document.sessions.map(({ id }) => id.value))
  const alone = new Set<string>()
  const together = new Set<string>()
  for (const rule of rules) {
    const triggering = rule.triggers.map(
      ({ join }) =>
        new Set(
          namedEventsOf(join)
            .map(({ subject }) => subject.text)
            .filter((name) => sessions.has(name)),
        ).size,
    )
    const into = triggering.some((count) => count > 1) ? together : triggering.some((count) => count === 1) ? alone : undefined
    for (const action of actionsOf(rule)) if (isActivation(action) && action.kind === "send") for (const { text } of action.targets) into?.add(text)
  }
  return new Set([...alone].filter((name) => !together.has(name)))
}
