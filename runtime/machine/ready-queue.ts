/**
 * Sessions that wait for a permit, as a persistent pairing heap: a put is O(1), a take O(log n) in the long run, and old queues stay valid.
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

/** None below a node comes before it. */
interface Node {
  readonly value: Ready
  readonly below: Nodes | null
}

interface Nodes {
  readonly first: Node
  readonly rest: Nodes | null
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

const above = (top: Node, other: Node): Node => ({ value: top.value, below: { first: other, rest: top.below } })

const merge = (a: Node, b: Node): Node => (before(a.value, b.value) ? above(a, b) : above(b, a))

/** In pairs, then the pairs into one: that is what makes the next takes cheap. */
const mergeAll = (nodes: Nodes | null): Node | null => {
  const pairs: Array<Node> = []
  for (let at = nodes; at !== null;) {
    const { first, rest }: Nodes = at
    pairs.push(rest === null ? first : merge(first, rest.first))
    at = rest === null ? null : rest.rest
  }
  return pairs.reduceRight<Node | null>((all, pair) => (all === null ? pair : merge(pair, all)), null)
}

const put = (root: Node | null, value: Ready): Node => {
  const node = { value, below: null }
  return root === null ? node : merge(root, node)
}

export const putReady = (queue: ReadyQueue, entry: Omit<Ready, "order">): ReadyQueue => ({
  root: put(queue.root, { ...entry, order: queue.puts }),
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
  root: entries.reduce<Node | null>(put, null),
  puts,
})

export const firstReady = (queue: ReadyQueue): Ready | undefined => queue.root?.value

export const dropFirst = (queue: ReadyQueue): ReadyQueue => (queue.root === null ? queue : { root: mergeAll(queue.root.below), puts: queue.puts })
