/**
 * A new run that begins where another was: the facts of its past are folded again under its own id, moved to now so that delays and budgets of
 * time mean what they meant, and what was under way then is begun again. The other run is only read.
 */
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Ir } from "#ir"
import type { JournalError, JournalRecord } from "../journal/journal.ts"
import { initialState, step, type State } from "../machine/index.ts"
import type { Fact } from "../machine/protocol.ts"
import { randomBytes, runId } from "../platform/run-id.ts"
import { driveRun } from "./drive-run.ts"
import { irOf } from "./fold-run.ts"
import { formerOf, notePlaces, type HeldPlace } from "./held-places.ts"
import { makePlaces } from "./places.ts"
import { openRequests, type ResumedRun, type ResumeOptions } from "./resume-run.ts"
import { sandboxProblem } from "./sandbox-problem.ts"

export interface ForkOptions extends Omit<ResumeOptions, "cancel"> {
  /** The last event that has happened in the past of the new run; what happened together with it has happened, too. */
  readonly at: number
  /** The id of the new run; absent: made from the clock and chance. */
  readonly newRun?: string
}

/** There is no such past to start from, or the fleet cannot run here. */
export class NotForkable extends Data.TaggedError("NotForkable")<{ readonly message: string }> {}

/** Workspaces of the other run are not the new one's: its sessions get their own, from the branches that hold their work. */
const moved = (fact: Fact, run: string, delay: number): Fact => {
  const at = fact.at + delay
  if (fact.type === "run.begun") return { ...fact, run, at }
  if (fact.type !== "session.opened") return { ...fact, at }
  const { workspace: _other, ...rest } = fact
  return { ...rest, at }
}

const pastOf = (records: ReadonlyArray<JournalRecord>, seq: number): ReadonlyArray<Fact> => {
  const end = records.findIndex(({ events }) => (events[0]?.seq ?? 0) > seq)
  return (end === -1 ? records : records.slice(0, end)).map(({ fact }) => fact)
}

interface Refolded {
  readonly records: ReadonlyArray<JournalRecord>
  readonly state: State
  readonly held: ReadonlyMap<string, HeldPlace>
}

const refold = (ir: Ir, facts: ReadonlyArray<Fact>): Refolded => {
  const held = new Map<string, HeldPlace>()
  let state = initialState(ir)
  const records = facts.map((fact): JournalRecord => {
    const next = step(ir, state, fact)
    state = next.state
    notePlaces(held, fact, next.commands)
    return { fact, events: next.events }
  })
  return { records, state, held }
}

/** Fails with `NotForkable` for a moment that is not in the run, or at which it had ended, and where its sandbox does not work. */
export const forkRun = (options: ForkOptions): Effect.Effect<ResumedRun, JournalError | NotForkable, Scope.Scope> =>
  Effect.gen(function* () {
    const { journal, run: source, at: seq } = options
    const ir = yield* irOf(journal, source)
    const problem = yield* sandboxProblem(ir, options.env)
    if (problem !== undefined) return yield* Effect.fail(new NotForkable({ message: problem }))
    const { root, inputs, task } = yield* journal.origin(source)
    const all = yield* journal.read(source)
    const last = all.findLast(({ events }) => events.length > 0)?.events.at(-1)?.seq ?? 0
    if (!Number.isInteger(seq) || seq < 1 || seq > last) return yield* Effect.fail(new NotForkable({ message: `run ${source} has events 1 to ${last}` }))
    const facts = pastOf(all, seq)
    const now = yield* Clock.currentTimeMillis
    const run = options.newRun ?? runId(now, randomBytes(8))
    const delay = now - (facts.at(-1)?.at ?? now)
    const { records, state, held } = refold(
      ir,
      facts.map((fact) => moved(fact, run, delay)),
    )
    if (state.phase === "ended") return yield* Effect.fail(new NotForkable({ message: `run ${source} had ended with event ${last}; choose one before that` }))
    const lease = yield* journal.create({ run, ir, root, startedAt: now, inputs, forkedFrom: { run: source, seq }, ...(task === undefined ? {} : { task }) })
    yield* journal.append(lease, records)
    const places = makePlaces(run, ir, root, options.workspaces, formerOf(run, held, true))
    const first = [{ type: "run.recovered" as const, resumable: [], forked: true }]
    const handle = yield* driveRun({ options: { ...options, run, ir, root }, run, lease, state, places, held, records: records.length, first })
    const pending = openRequests(records.flatMap(({ events }) => events)).filter(
      ({ session }) => session === undefined || state.sessions.get(session)?.current?.open !== true,
    )
    return { ...handle, pending }
  })
