/**
 * What the journal of a run proves: only what its hash chain covers, and the IR whose hash the chain begins with. The same journal always gives
 * the same evidence, so that whoever has the journal can tell whether a document says what happened.
 */
import * as Effect from "effect/Effect"
import { canonicalValue, type Ir, type Json } from "#ir"
import { hashOf, sha256Hex } from "#ir/hash.ts"
import { irOf } from "../engine/fold-run.ts"
import { chainStart, verifyChain } from "../journal/chain.ts"
import { JournalError, type JournalRecord, type JournalShape, type RunEntry } from "../journal/journal.ts"
import type { Fact, FleetEvent } from "../machine/protocol.ts"

/** Hashes are SHA-256 in lower-case hex; those of values are over their canonical JSON. */
export interface Evidence {
  readonly run: string
  readonly ir: Ir
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  readonly endedAt: number
  readonly status: string
  readonly usage: { readonly usd: number; readonly tokens: number }
  readonly outputs?: string
  readonly task?: string
  readonly inputs: { readonly [name: string]: string }
  readonly sessions: ReadonlyArray<SessionEvidence>
  /** The last commit of the run on each branch, as far as turns ended with one. */
  readonly commits: ReadonlyMap<string, string>
  readonly prompts: ReadonlyArray<{ readonly session: string; readonly turn: number; readonly attempt: number; readonly sha256: string }>
  readonly artifacts: ReadonlyArray<ArtifactEvidence>
  readonly decisions: ReadonlyArray<DecisionEvidence>
  readonly journal: { readonly start: string; readonly head: string; readonly records: number }
}

export interface SessionEvidence {
  /** Instance id; `declared` is the session of the IR. */
  readonly session: string
  readonly declared: string
  readonly status: string
  readonly turns: number
  readonly attempts: number
  /** Branches that held its work, the last one last; a branch without commits of its own may be gone. */
  readonly branches: ReadonlyArray<string>
}

/** What an agent said that it made. */
export interface ArtifactEvidence {
  readonly session: string
  readonly name: string
  readonly mime?: string
  readonly sha256: string
}

export interface DecisionEvidence {
  readonly seq: number
  readonly boundary: string
  readonly session?: string
  readonly pack: string
  readonly effect: string
  readonly reasons: ReadonlyArray<string>
}

/** Fails with `damaged` when something in the journal was changed or taken out, and with `run_alive` when the run has not ended. */
export const evidenceOf = (journal: JournalShape, entry: RunEntry): Effect.Effect<Evidence, JournalError> =>
  Effect.gen(function* () {
    const { run } = entry
    const damaged = (message: string) =>
      Effect.fail(new JournalError({ reason: "damaged", message: `the journal of run ${run} is not what was written: ${message}` }))
    const start = chainStart(run, entry.ir)
    const stored = yield* journal.stored(run)
    const [fault] = verifyChain(start, stored, entry)
    if (fault !== undefined) return yield* damaged(`record ${fault.record}: ${fault.message}`)
    const ir = yield* irOf(journal, run)
    const { hash, ...rest } = ir
    if (hash !== entry.ir || hashOf(rest) !== hash) return yield* damaged("its fleet is another one")
    const records = yield* journal.read(run)
    const told = tell(run, ir, records, { start, head: entry.head, records: stored.length })
    return told ?? (yield* Effect.fail(new JournalError({ reason: "run_alive", message: `run ${run} has not ended` })))
  })

const tell = (run: string, ir: Ir, records: ReadonlyArray<JournalRecord>, journal: Evidence["journal"]): Evidence | undefined => {
  const events = records.flatMap((record) => record.events)
  const begun = records.flatMap(({ fact }) => (fact.type === "run.begun" ? [fact] : []))[0]
  const ended = events.findLast((event) => event.type === "run.ended")
  if (begun === undefined || ended === undefined) return undefined
  return {
    run,
    ir,
    journal,
    startedAt: begun.at,
    endedAt: ended.at,
    status: ended.status,
    usage: ended.usage,
    ...(ended.outputs === undefined ? {} : { outputs: hashOfValue(ended.outputs) }),
    ...(begun.task === undefined ? {} : { task: sha256Hex(begun.task) }),
    inputs: Object.fromEntries(Object.entries(begun.inputs).map(([name, value]) => [name, hashOfValue(value)])),
    sessions: sessionsOf(ir, records, events),
    commits: new Map(
      records.flatMap(({ fact }) => (isWork(fact) && fact.branch !== undefined && fact.commit !== undefined ? [[fact.branch, fact.commit] as const] : [])),
    ),
    prompts: events.flatMap((event) =>
      event.type === "turn.started" ? [{ session: event.session, turn: event.turn, attempt: event.attempt, sha256: sha256Hex(event.prompt) }] : [],
    ),
    artifacts: events.flatMap(artifactOf),
    decisions: events.flatMap((event) => {
      if (event.type !== "policy.decided") return []
      const { seq, boundary, session, pack, effect, reasons } = event
      return [{ seq, boundary, ...(session === undefined ? {} : { session }), pack, effect, reasons }]
    }),
  }
}

const isWork = (fact: Fact): fact is Extract<Fact, { readonly type: "turn.ended" | "workspace.committed" }> =>
  fact.type === "turn.ended" || fact.type === "workspace.committed"

const hashOfValue = (value: Json): string => sha256Hex(canonicalValue(value))

const endings: { readonly [type: string]: string | undefined } = {
  "session.done": "done",
  "session.failed": "failed",
  "session.cancelled": "cancelled",
  "session.skipped": "skipped",
  "session.compensated": "compensated",
  "session.needs_review": "needs_review",
}

const sessionsOf = (ir: Ir, records: ReadonlyArray<JournalRecord>, events: ReadonlyArray<FleetEvent>): ReadonlyArray<SessionEvidence> => {
  const order = new Map(ir.sessions.map(({ id }, at) => [id, at]))
  const found = new Map<string, { status: string; turns: number; attempts: number; branches: ReadonlyArray<string> }>()
  const of = (session: string) => {
    const known = found.get(session) ?? { status: "started", turns: 0, attempts: 0, branches: [] }
    found.set(session, known)
    return known
  }
  for (const event of events) {
    if (!("session" in event) || event.session === undefined) continue
    const ending = endings[event.type]
    if (ending !== undefined) of(event.session).status = ending
    if (event.type !== "turn.started") continue
    const session = of(event.session)
    session.turns = Math.max(session.turns, event.turn)
    session.attempts += 1
  }
  for (const { fact } of records) {
    const branch = fact.type === "session.opened" ? fact.workspace?.branch : isWork(fact) ? fact.branch : undefined
    if (branch === undefined || !("session" in fact) || fact.session === undefined) continue
    const session = of(fact.session)
    session.branches = [...session.branches.filter((one) => one !== branch), branch]
  }
  const declaredOf = (session: string): string => (order.has(session) ? session : session.replace(/\[\d+\]$/, ""))
  return [...found]
    .map(([session, known]): SessionEvidence => ({ session, declared: declaredOf(session), ...known }))
    .toSorted((a, b) => (order.get(a.declared) ?? 0) - (order.get(b.declared) ?? 0))
}

const artifactOf = (event: FleetEvent): ReadonlyArray<ArtifactEvidence> => {
  if (event.type !== "agent" || event.event.kind !== "cap.artifact") return []
  const { name, mime, content, uri } = event.event
  const made = content ?? uri
  if (typeof name !== "string" || made === undefined) return []
  return [
    { session: event.session, name, ...(typeof mime === "string" ? { mime } : {}), sha256: typeof made === "string" ? sha256Hex(made) : hashOfValue(made) },
  ]
}
