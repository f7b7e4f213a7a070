/**
 * Sessions that wait for a permit, as a persistent leftist heap: put and take are O(log n) and old queues stay valid.
 * Order (runtime.md 5): with an SLO before without, earliest deadline (breached first, then least slack), higher priority,
 * longest ready, first come. A key never changes while it waits, since time moves every deadline equally.
 */
export interface Ready {
  readonly session: string
  readonly ticket: number
  /** When the SLO is breached, in ms since the epoch. */
  readonly deadline?: number
  readonly priority: number
  readonly since: number
  readonly order: number
}

interface Node {
  readonly value: Ready
  readonly rank: number
  readonly left: Node | null
  readonly right: Node | null
}

export interface ReadyQueue {
  readonly root: Node | null
  readonly puts: number
}

export const emptyQueue: ReadyQueue = { root: null, puts: 0 }

const before = (a: Ready, b: Ready): boolean => {
  if (a.deadline !== b.deadline) return (a.deadline ?? Infinity) < (b.deadline ?? Infinity)
  if (a.priority !== b.priority) return a.priority > b.priority
  if (a.since !== b.since) return a.since < b.since
  return a.order < b.order
}

const merge = (a: Node | null, b: Node | null): Node | null => {
  if (a === null) return b
  if (b === null) return a
  const [top, other] = before(a.value, b.value) ? [a, b] : [b, a]
  const merged = merge(top.right, other)
  const left = top.left
  return (left?.rank ?? 0) >= (merged?.rank ?? 0)
    ? { value: top.value, rank: (merged?.rank ?? 0) + 1, left, right: merged }
    : { value: top.value, rank: (left?.rank ?? 0) + 1, left: merged, right: left }
}

export const putReady = (queue: ReadyQueue, entry: Omit<Ready, "order">): ReadyQueue => ({
  root: merge(queue.root, { value: { ...entry, order: queue.puts }, rank: 1, left: null, right: null }),
  puts: queue.puts + 1,
})

/** In order of service; taking them out of a queue and putting them into another gives one that serves alike. */
export const readyEntries = (queue: ReadyQueue): ReadonlyArray<Ready> => {
  const entries: Array<Ready> = []
  for (let rest = queue; rest.root !== null; rest = dropFirst(rest)) entries.push(rest.root.value)
  return entries
}

/** A queue of entries that `readyEntries` gave. */
export const queueOf = (entries: ReadonlyArray<Ready>, puts: number): ReadyQueue => ({
  root: entries.reduce<Node | null>((root, value) => merge(root, { value, rank: 1, left: null, right: null }), null),
  puts,
})

export const firstReady = (queue: ReadyQueue): Ready | undefined => queue.root?.value

export const dropFirst = (queue: ReadyQueue): ReadyQueue =>
  queue.root === null ? queue : { root: merge(queue.root.left, queue.root.right), puts: queue.puts }
