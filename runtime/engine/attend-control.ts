/** Listens to other processes while a run is driven: takes their commands out of the journal and says that the run lives. */
import * as Effect from "effect/Effect"
import type { ControlChannel, JournalError, Lease } from "../journal/journal.ts"
import type { Letter } from "./inbox.ts"
import { readCommand, unreadable } from "./read-command.ts"

const lookEveryMs = 200
const beatEveryMs = 5000

/** Never succeeds. Fails with `stale_writer` when the run was taken over: then nothing of it may go on here. */
export const attendControl = (control: ControlChannel, lease: Lease, post: (letter: Letter) => Effect.Effect<unknown>): Effect.Effect<never, JournalError> => {
  let seen = 0
  let untilBeat = 0
  const look = Effect.gen(function* () {
    untilBeat -= lookEveryMs
    if (untilBeat <= 0) {
      untilBeat = beatEveryMs
      yield* control.beat(lease)
    }
    for (const { id, command: written } of yield* control.pending(lease, seen)) {
      seen = id
      const fact = readCommand(written)
      if (fact === undefined) yield* control.answer([{ id, rejection: unreadable }])
      else yield* post({ fact, command: id })
    }
  })
  // A journal that is busy is looked at again; whether it can still be written, the appends find out.
  const patient = Effect.catch(look, (error) => (error.reason === "stale_writer" ? Effect.fail(error) : Effect.void))
  return Effect.forever(Effect.andThen(patient, Effect.sleep(lookEveryMs)))
}
