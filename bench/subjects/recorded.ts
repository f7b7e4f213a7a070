/** A journal of so many events, to be read again. */
import type { JournalShape } from "../../runtime/index.ts"
import { countEvents, openJournal, talkersOf } from "./talkers.ts"

export const record = async (
  size: number,
  folder: string,
): Promise<{ readonly journal: JournalShape; readonly run: string; readonly close: () => Promise<void> }> => {
  const start = await talkersOf(size)
  const { journal, close } = await openJournal(folder)
  const fleet = await start(journal)
  await countEvents(fleet, size)
  const { status, reason } = await fleet.result
  await fleet.close()
  if (status !== "succeeded") throw new Error(`the run to record ended ${status}: ${reason}`)
  return { journal, run: fleet.id, close }
}
