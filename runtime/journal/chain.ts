/** The hash chain: each record carries the hash of everything before it and of itself, so that nothing can be changed or taken out unseen. */
import { createHash } from "node:crypto"
import type { StoredRecord } from "./journal.ts"

const sha256 = (...parts: ReadonlyArray<string>): string => {
  const hash = createHash("sha256")
  // The length before each part: no two lists of parts hash alike.
  for (const part of parts) hash.update(`${part.length}\n`).update(part)
  return hash.digest("hex")
}

export const textHash = (text: string): string => createHash("sha256").update(text).digest("hex")

/** What the chain of a run begins with: its id and the hash of its IR's text. */
export const chainStart = (run: string, ir: string): string => sha256("fleetwright journal 1", run, ir)

export const chainNext = (before: string, fact: string, events: string): string => sha256(before, fact, events)

export interface ChainFault {
  /** Counts from 0; the number of records when the end is wrong. */
  readonly record: number
  readonly message: string
}

/** Everything that does not follow from the start. `head` is what the run says that its last record hashes to. */
export const verifyChain = (
  start: string,
  records: ReadonlyArray<StoredRecord>,
  expected: { readonly records: number; readonly head: string },
): ReadonlyArray<ChainFault> => {
  const faults: Array<ChainFault> = []
  let before = start
  records.forEach(({ fact, events, hash }, record) => {
    if (chainNext(before, fact, events) !== hash) faults.push({ record, message: "the record is not the one that was written here" })
    // Going on from what stands there tells one changed record from all that follow.
    before = hash
  })
  if (records.length !== expected.records)
    faults.push({ record: records.length, message: `${expected.records} records were written, ${records.length} are there` })
  else if (before !== expected.head) faults.push({ record: records.length, message: "the last record is not the one that was written last" })
  return faults
}
