/** What a driver says, in order, to its one reader. */
export interface Outbox<T> extends AsyncIterable<T> {
  /** Ignored once the outbox has ended. */
  readonly push: (item: T) => void
  /** For a source that can wait: a promise when the reader is behind by the capacity, settled when half of that is read. */
  readonly room: () => Promise<void> | undefined
  /** The reader gets what was pushed before, then the end; or, with an error, that. Only the first call counts. */
  readonly end: (error?: Error) => void
}

/** `capacity` bounds nothing by itself: it is what `room` goes by. */
export const makeOutbox = <T>(capacity = 1024): Outbox<T> => {
  let items: Array<IteratorYieldResult<T>> = []
  let read = 0
  let ended: { readonly error?: Error } | undefined
  let waiting: PromiseWithResolvers<IteratorResult<T, undefined>> | undefined
  let roomy: PromiseWithResolvers<void> | undefined
  const size = (): number => items.length - read
  const take = (): IteratorYieldResult<T> | undefined => {
    const next = items[read]
    if (next === undefined) return undefined
    read += 1
    if (read === items.length || read > capacity) {
      items = items.slice(read)
      read = 0
    }
    if (roomy !== undefined && size() <= capacity / 2) {
      roomy.resolve()
      roomy = undefined
    }
    return next
  }
  const over = async (): Promise<IteratorResult<T, undefined>> => {
    if (ended?.error !== undefined) throw ended.error
    return { done: true, value: undefined }
  }
  // An object and not a generator: thousands of sessions wait in one each.
  const reader: AsyncIterator<T, undefined> = {
    next: () => {
      const next = take()
      if (next !== undefined) return Promise.resolve(next)
      if (ended !== undefined) return over()
      waiting ??= Promise.withResolvers()
      return waiting.promise
    },
    return: () => {
      ended = {}
      items = []
      read = 0
      roomy?.resolve()
      waiting?.resolve({ done: true, value: undefined })
      waiting = undefined
      return Promise.resolve({ done: true, value: undefined })
    },
  }
  return {
    [Symbol.asyncIterator]: () => reader,
    push: (item) => {
      if (ended !== undefined) return
      if (waiting === undefined) {
        items.push({ done: false, value: item })
        return
      }
      waiting.resolve({ done: false, value: item })
      waiting = undefined
    },
    room: () => {
      if (ended !== undefined || size() < capacity) return undefined
      roomy ??= Promise.withResolvers<void>()
      return roomy.promise
    },
    end: (error) => {
      if (ended !== undefined) return
      ended = error === undefined ? {} : { error }
      roomy?.resolve()
      if (waiting !== undefined) over().then(waiting.resolve, waiting.reject)
      waiting = undefined
    },
  }
}
