/** A run that says much: a hundred events for each of its workers, exactly as many as are asked for, in an SQLite journal. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { join } from "node:path"
import { makeMemoryJournal, makeSqliteJournal } from "../../runtime/index.ts"
import type { Fleet, JournalShape } from "../../runtime/index.ts"
import { compileFleet, header, start, type Answer } from "./fleet-parts.ts"

const eventsPerWorker = 100
const chunksPerWorker = 90

/** What the lead says makes up what is missing. */
const answerOf =
  (workers: number, missing: number): Answer =>
  (session) =>
    session === "lead" ? { output: Array.from({ length: workers }, (_, item) => item), chunks: missing } : { output: 0, chunks: chunksPerWorker }

/** Starts runs of `events` events. */
export const talkersOf = async (events: number): Promise<(journal: JournalShape) => Promise<Fleet>> => {
  const workers = Math.floor(events / eventsPerWorker)
  const ir = compileFleet(`${header("talkers", 32)}  sessions:
    lead: { output: [integer] }
    worker: { output: integer }
  start: lead
  routes: |
    on lead.done -> for item in lead.output -> worker with "\${item}"
`)
  let bare = 0
  const first = await start(ir, answerOf(workers, 0), makeMemoryJournal(), ({ seq }) => {
    bare = seq
  })
  await first.result
  await first.close()
  if (bare > events) throw new Error(`${workers} workers make ${bare} events by themselves`)
  return (journal) => start(ir, answerOf(workers, events - bare), journal)
}

/** The journal as commands open it. */
export const openJournal = async (folder: string): Promise<{ readonly journal: JournalShape; readonly close: () => Promise<void> }> => {
  const scope = await Effect.runPromise(Scope.make())
  const journal = await Effect.runPromise(Scope.provide(makeSqliteJournal(join(folder, "state.db")), scope))
  return { journal, close: () => Effect.runPromise(Scope.close(scope, Exit.void)) }
}

/** How many events a subscriber gets that wants them all: its buffer holds the run. */
export const countEvents = async (fleet: Fleet, events: number): Promise<number> => {
  let count = 0
  for await (const event of fleet.events({ buffer: events })) if (event.type !== "lagged") count += 1
  return count
}
