/** A journal whose loss does not stop the run (runtime.md 4): from the first write that fails on nothing is written, so what stands is a whole beginning. */
import * as Effect from "effect/Effect"
import type { JournalError, JournalShape } from "./journal.ts"

/** `lost` is called once. A run that another process took over still stops: two writers are worse than none. */
export const bestEffort = (journal: JournalShape, lost: (error: JournalError) => void): JournalShape => {
  let broken = false
  const attempt = <A>(work: () => Effect.Effect<A, JournalError>, otherwise: A): Effect.Effect<A, JournalError> =>
    Effect.suspend(() => (broken ? Effect.succeed(otherwise) : work())).pipe(
      Effect.catch((error: JournalError) => {
        if (error.reason !== "io") return Effect.fail(error)
        if (!broken) lost(error)
        broken = true
        return Effect.succeed(otherwise)
      }),
    )
  const { control } = journal
  return {
    ...journal,
    create: (run) => attempt(() => journal.create(run), { run: run.run, epoch: 0 }),
    append: (lease, records, answers) => attempt(() => journal.append(lease, records, answers), undefined),
    release: (lease) => attempt(() => journal.release(lease), undefined),
    keepSnapshot: (lease, snapshot) => attempt(() => journal.keepSnapshot(lease, snapshot), undefined),
    ...(control === undefined
      ? {}
      : {
          control: {
            ...control,
            pending: (lease, after) => attempt(() => control.pending(lease, after), []),
            answer: (answers) => attempt(() => control.answer(answers), undefined),
            beat: (lease) => attempt(() => control.beat(lease), undefined),
          },
        }),
  }
}
