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
export const makeOutbox = <T>(capacity = 1024): Outbox<T> => new ReadOutbox<T>(capacity)

/** Its own reader, and little else: thousands of sessions wait in one each. What a driver calls it may call without the outbox. */
class ReadOutbox<T> implements Outbox<T>, AsyncIterator<T, undefined> {
  private readonly capacity: number
  private items: Array<IteratorYieldResult<T>> = []
  private taken = 0
  private ended: { readonly error?: Error } | undefined
  private waiting: PromiseWithResolvers<IteratorResult<T, undefined>> | undefined
  private roomy: PromiseWithResolvers<void> | undefined

  constructor(capacity: number) {
    this.capacity = capacity
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return this
  }

  readonly push = (item: T): void => {
    if (this.ended !== undefined) return
    if (this.waiting === undefined) {
      this.items.push({ done: false, value: item })
      return
    }
    this.waiting.resolve({ done: false, value: item })
    this.waiting = undefined
  }

  readonly room = (): Promise<void> | undefined => {
    if (this.ended !== undefined || this.size() < this.capacity) return undefined
    this.roomy ??= Promise.withResolvers<void>()
    return this.roomy.promise
  }

  readonly end = (error?: Error): void => {
    if (this.ended !== undefined) return
    this.ended = error === undefined ? {} : { error }
    this.roomy?.resolve()
    if (this.waiting !== undefined) this.over().then(this.waiting.resolve, this.waiting.reject)
    this.waiting = undefined
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const next = this.take()
    if (next !== undefined) return Promise.resolve(next)
    if (this.ended !== undefined) return this.over()
    this.waiting ??= Promise.withResolvers()
    return this.waiting.promise
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.ended = {}
    this.items = []
    this.taken = 0
    this.roomy?.resolve()
    this.waiting?.resolve({ done: true, value: undefined })
    this.waiting = undefined
    return Promise.resolve({ done: true, value: undefined })
  }

  private size(): number {
    return this.items.length - this.taken
  }

  private take(): IteratorYieldResult<T> | undefined {
    const next = this.items[this.taken]
    if (next === undefined) return undefined
    this.taken += 1
    if (this.taken === this.items.length || this.taken > this.capacity) {
      this.items = this.items.slice(this.taken)
      this.taken = 0
    }
    if (this.roomy !== undefined && this.size() <= this.capacity / 2) {
      this.roomy.resolve()
      this.roomy = undefined
    }
    return next
  }

  private async over(): Promise<IteratorReturnResult<undefined>> {
    if (this.ended?.error !== undefined) throw this.ended.error
    return { done: true, value: undefined }
  }
}
