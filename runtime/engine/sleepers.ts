/** Who sleeps in virtual time, in a heap, the earliest first. */
export interface Sleeper {
  readonly at: number
  /** Of those of one moment the least wakes first. */
  readonly order: number
  readonly wake: () => void
  cancelled: boolean
}

export interface Sleepers {
  readonly push: (sleeper: Sleeper) => void
  /** The next that still sleeps. */
  readonly pop: () => Sleeper | undefined
  /** How many still sleep. */
  readonly count: () => number
}

const before = (a: Sleeper, b: Sleeper): boolean => a.at < b.at || (a.at === b.at && a.order < b.order)

export const makeSleepers = (): Sleepers => {
  const heap: Array<Sleeper> = []
  const swap = (i: number, j: number) => {
    const [a, b] = [heap[i], heap[j]]
    if (a === undefined || b === undefined) return
    heap[i] = b
    heap[j] = a
  }
  const isBefore = (i: number, j: number): boolean => {
    const [a, b] = [heap[i], heap[j]]
    return a !== undefined && b !== undefined && before(a, b)
  }
  const first = (): Sleeper | undefined => {
    const top = heap[0]
    const last = heap.pop()
    if (top === undefined || last === undefined || top === last) return top
    heap[0] = last
    for (let parent = 0; ;) {
      const [left, right] = [2 * parent + 1, 2 * parent + 2]
      const child = isBefore(right, left) ? right : left
      if (!isBefore(child, parent)) return top
      swap(parent, child)
      parent = child
    }
  }
  return {
    push: (sleeper) => {
      heap.push(sleeper)
      for (let child = heap.length - 1; child > 0;) {
        const parent = (child - 1) >> 1
        if (!isBefore(child, parent)) return
        swap(child, parent)
        child = parent
      }
    },
    pop: () => {
      let next = first()
      while (next?.cancelled === true) next = first()
      return next
    },
    count: () => heap.filter(({ cancelled }) => !cancelled).length,
  }
}
