/** What a driver says, in order, to its one reader. */
export interface Outbox<T> extends AsyncIterable<T> {
  /** Ignored once the outbox has ended. */
  readonly push: (item: T) => void
  /** The reader gets what was pushed before, then the end; or, with an error, that. Only the first call counts. */
  readonly end: (error?: Error) => void
}

export const makeOutbox = <T>(): Outbox<T> => {
  const items: Array<T> = []
  let ended: { readonly error?: Error } | undefined
  let wake = (): void => {}
  async function* read(): AsyncGenerator<T> {
    for (;;) {
      const item = items.shift()
      if (item !== undefined) yield item
      else if (ended === undefined) await new Promise<void>((resolve) => { wake = resolve })
      else if (ended.error !== undefined) throw ended.error
      else return
    }
  }
  return {
    [Symbol.asyncIterator]: read,
    push: (item) => {
      if (ended !== undefined) return
      items.push(item)
      wake()
    },
    end: (error) => {
      if (ended !== undefined) return
      ended = error === undefined ? {} : { error }
      wake()
    },
  }
}
