/**
 * The tokens of one fan-out at one leaf. They are appended to chunks that double, like the digits of a binary number: each token is copied as
 * often as that number has digits, however large the fan-out, and the state stays plain data.
 */

/** Whose token it is: the fan-out, by any name the caller gives it, and the item's index in it. */
export interface Instance {
  readonly batch: string | number
  readonly index: number
}

export interface Batch<T> {
  readonly batch: Instance["batch"]
  /** How many instances the fan-out has; absent when nobody said. */
  readonly size?: number
  readonly count: number
  /** Instances that ended without the event. */
  readonly missing: number
  /** Its round has fired: what still comes is absorbed. */
  readonly fired: boolean
  readonly chunks: ReadonlyArray<ReadonlyArray<{ readonly index: number; readonly token: T }>>
}

/** Of the chunk that is being filled. */
const chunkLength = 32

export const emptyBatch = <T>(batch: Instance["batch"], size: number | undefined): Batch<T> => ({
  batch,
  ...(size === undefined ? {} : { size }),
  count: 0,
  missing: 0,
  fired: false,
  chunks: [],
})

export const addToBatch = <T>(batch: Batch<T>, index: number, token: T): Batch<T> => {
  const count = batch.count + 1
  if (batch.fired) return { ...batch, count }
  const open = batch.chunks.at(-1)
  const entry = { index, token }
  if (open !== undefined && open.length < chunkLength) return { ...batch, count, chunks: batch.chunks.with(-1, [...open, entry]) }
  return { ...batch, count, chunks: [...joined(batch.chunks), [entry]] }
}

/** Full chunks, two of one length made one of twice that length. */
const joined = <C>(chunks: ReadonlyArray<ReadonlyArray<C>>): ReadonlyArray<ReadonlyArray<C>> => {
  const result = chunks.slice()
  for (let last = result.at(-1), before = result.at(-2); last !== undefined && before?.length === last.length; last = result.at(-1), before = result.at(-2))
    result.splice(-2, 2, [...before, ...last])
  return result
}

/** The tokens held, in item order. */
export const tokensOf = <T>(batch: Batch<T>): ReadonlyArray<T> =>
  batch.chunks
    .flat()
    .sort((a, b) => a.index - b.index)
    .map(({ token }) => token)

/** Fired, and nothing of it is still to come. */
export const isPaid = <T>(batch: Batch<T>): boolean => batch.fired && batch.count + batch.missing >= (batch.size ?? Infinity)
