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
  let items: Array<{ readonly item: T }> = []
  let read = 0
  let ended: { readonly error?: Error } | undefined
  let wake = (): void => {}
  let roomy: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined
  const size = (): number => items.length - read
  const take = (): { readonly item: T } | undefined => {
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
  async function* reader(): AsyncGenerator<T> {
    for (;;) {
      const next = take()
      if (next !== undefined) yield next.item
      else if (ended === undefined) await new Promise<void>((resolve) => { wake = resolve })
      else if (ended.error !== undefined) throw ended.error
      else return
    }
  }
  return {
    [Symbol.asyncIterator]: reader,
    push: (item) => {
      if (ended !== undefined) return
      items.push({ item })
      wake()
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
      wake()
    },
  }
}
