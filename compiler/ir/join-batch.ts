/** The tokens of one fan-out at one leaf, appended in chunks so that a token of a large fan-out costs little. */

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

const chunkLength = 64

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
  const full = open === undefined || open.length >= chunkLength
  return { ...batch, count, chunks: full ? [...batch.chunks, [entry]] : [...batch.chunks.slice(0, -1), [...open, entry]] }
}

/** The tokens held, in item order. */
export const tokensOf = <T>(batch: Batch<T>): ReadonlyArray<T> =>
  batch.chunks.flat().sort((a, b) => a.index - b.index).map(({ token }) => token)

/** Fired, and nothing of it is still to come. */
export const isPaid = <T>(batch: Batch<T>): boolean => batch.fired && batch.count + batch.missing >= (batch.size ?? Infinity)
