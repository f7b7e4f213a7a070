/**
 * The token game of the language (language.md section 3), shared by the checker, which explores it, and the machine, which plays it.
 * A join's state is plain readonly data; every function returns a new state. `T` is whatever the caller counts as a token.
 */
import { addToBatch, emptyBatch, isPaid, tokensOf, type Batch, type Instance } from "./join-batch.ts"
import { leafCount, leavesOf, type Leaf } from "./join-tree.ts"
import type { Join } from "./model.ts"

export interface LeafState<T> {
  /** Tokens not yet consumed, oldest first; for `all` and `atLeast` of instances they stand in `batches`. */
  readonly tokens: ReadonlyArray<T>
  /** Tokens (batches) still to come that belong to a round which has already fired. */
  readonly owed: number
  /** The member has ended without this event since the leaf was last consumed: the next round is owed nothing. */
  readonly passed: boolean
  readonly batches: ReadonlyArray<Batch<T>>
}

export interface JoinState<T> {
  /** By leaf number. */
  readonly leaves: ReadonlyArray<LeafState<T>>
}

export interface Consumed<T> {
  readonly leaf: number
  /** One token; for a fan-out, those held, in item order. */
  readonly tokens: ReadonlyArray<T>
}

export interface Fired<T> {
  readonly state: JoinState<T>
  /** In leaf order; leaves of children that were not satisfied are missing. */
  readonly consumed: ReadonlyArray<Consumed<T>>
  /** Leaves of race children that were not satisfied (or of a raced fan-out with instances left): their sessions are to be cancelled. */
  readonly losers: ReadonlyArray<number>
}

const emptyLeaf = { tokens: [], owed: 0, passed: false, batches: [] }

/** The state before any event. */
export const initial = <T>(join: Join): JoinState<T> => ({ leaves: Array.from({ length: leafCount(join) }, (): LeafState<T> => emptyLeaf) })

const leafAt = <T>(state: JoinState<T>, leaf: number): LeafState<T> => state.leaves[leaf] ?? emptyLeaf

const replaceLeaf = <T>(state: JoinState<T>, leaf: number, next: LeafState<T>): JoinState<T> => {
  const leaves = state.leaves.slice()
  leaves[leaf] = next
  return { leaves }
}

const inBatches = (leaf: Leaf | undefined): boolean => leaf?.kind === "instances" && leaf.want.kind !== "each"

/**
 * One occurrence of the leaf's event. It is absorbed when the leaf owes a token of a round that has fired. For a leaf on a
 * fan-out say whose token it is; a batch that nobody opened has no known size.
 */
export const put = <T>(join: Join, state: JoinState<T>, leaf: number, token: T, instance?: Instance): JoinState<T> => {
  const before = leafAt(state, leaf)
  if (instance !== undefined && inBatches(leavesOf(join)[leaf])) {
    const known = before.batches.some(({ batch }) => batch === instance.batch)
    const batches = known ? before.batches : [...before.batches, emptyBatch<T>(instance.batch, undefined)]
    return replaceLeaf(state, leaf, { ...before, batches: withBatch(batches, instance.batch, (batch) => addToBatch(batch, instance.index, token)) })
  }
  if (before.owed > 0) return replaceLeaf(state, leaf, { ...before, owed: before.owed - 1 })
  return replaceLeaf(state, leaf, { ...before, tokens: [...before.tokens, token] })
}

/** A fan-out of `size` instances begins: `all` waits for that many tokens of it, none when it is empty. */
export const openBatch = <T>(join: Join, state: JoinState<T>, leaf: number, batch: Instance["batch"], size: number): JoinState<T> => {
  const before = leafAt(state, leaf)
  if (!inBatches(leavesOf(join)[leaf]) || before.batches.some((open) => open.batch === batch)) return state
  const absorbed = before.owed > 0
  const opened = { ...emptyBatch<T>(batch, size), fired: absorbed }
  const batches = isPaid(opened) ? before.batches : [...before.batches, opened]
  return replaceLeaf(state, leaf, { ...before, owed: absorbed ? before.owed - 1 : 0, batches })
}

/** The member ended without this event: one token that the leaf owes is paid; when it owes none, the round to come is owed none. */
export const settle = <T>(join: Join, state: JoinState<T>, leaf: number, batch?: Instance["batch"]): JoinState<T> => {
  const before = leafAt(state, leaf)
  if (inBatches(leavesOf(join)[leaf])) {
    if (batch === undefined) return state
    return replaceLeaf(state, leaf, { ...before, batches: withBatch(before.batches, batch, (open) => ({ ...open, missing: open.missing + 1 })) })
  }
  if (before.owed > 0) return replaceLeaf(state, leaf, { ...before, owed: before.owed - 1 })
  return before.passed ? state : replaceLeaf(state, leaf, { ...before, passed: true })
}

const withBatch = <T>(batches: ReadonlyArray<Batch<T>>, batch: Instance["batch"], change: (batch: Batch<T>) => Batch<T>): ReadonlyArray<Batch<T>> =>
  batches.map((open) => (open.batch === batch ? change(open) : open)).filter((open) => !isPaid(open))

/** How many tokens of a batch satisfy the leaf. */
const enough = (leaf: Leaf, size: number | undefined): number =>
  leaf.kind !== "instances" || leaf.want.kind === "each" ? Infinity : leaf.want.kind === "all" ? (size ?? Infinity) : leaf.want.count

/** The batch that satisfies the leaf, if one does. */
const readyBatch = <T>(leaf: Leaf, state: LeafState<T>): Batch<T> | undefined =>
  state.batches.find((batch) => !batch.fired && batch.count >= enough(leaf, batch.size))

/** Whether one more token makes its batch satisfy the leaf. */
const completes = <T>(leaf: Leaf, state: LeafState<T>, instance: Instance): boolean => {
  const open = state.batches.find(({ batch }) => batch === instance.batch)
  return open?.fired !== true && (open?.count ?? 0) + 1 >= enough(leaf, open?.size)
}

/** An occurrence that has not been put yet, as `put` would take it. */
export interface Coming {
  readonly leaf: number
  readonly instance: Instance | undefined
}

/** Whether the join holds, so that its rule fires; with `coming`, whether it would hold after that. */
export const enabled = <T>(join: Join, state: JoinState<T>, coming?: Coming): boolean => {
  switch (join.kind) {
    case "event":
    case "instances": {
      const leaf = leafAt(state, join.leaf)
      const comes = coming?.leaf === join.leaf ? coming : undefined
      if (inBatches(join)) return readyBatch(join, leaf) !== undefined || (comes?.instance !== undefined && completes(join, leaf, comes.instance))
      return leaf.tokens.length > 0 || (comes !== undefined && leaf.owed === 0)
    }
    case "all":
      return join.of.every((child) => enabled(child, state, coming))
    case "any":
    case "race":
      return join.of.some((child) => enabled(child, state, coming))
    case "atLeast":
      return join.of.filter((child) => enabled(child, state, coming)).length >= join.count
  }
}

/** Whether the join holds or can still hold, given which leaves' events can still occur. */
export const possible = <T>(join: Join, state: JoinState<T>, canOccur: (leaf: number) => boolean): boolean => {
  switch (join.kind) {
    case "event":
    case "instances":
      return enabled(join, state) || canOccur(join.leaf)
    case "all":
      return join.of.every((child) => possible(child, state, canOccur))
    case "any":
    case "race":
      return join.of.some((child) => possible(child, state, canOccur))
    case "atLeast":
      return join.of.filter((child) => possible(child, state, canOccur)).length >= join.count
  }
}

/** Consumes one token per satisfied child and leaves the round open for the others. A join that does not hold is left as it is. */
export const fire = <T>(join: Join, state: JoinState<T>): Fired<T> => {
  if (!enabled(join, state)) return { state, consumed: [], losers: [] }
  const leaves = state.leaves.slice()
  const consumed: Array<Consumed<T>> = []
  const losers: Array<number> = []

  const consume = (node: Join): void => {
    if (node.kind === "event" || node.kind === "instances") {
      const before = leaves[node.leaf] ?? emptyLeaf
      const ready = readyBatch(node, before)
      if (ready === undefined) {
        consumed.push({ leaf: node.leaf, tokens: before.tokens.slice(0, 1) })
        leaves[node.leaf] = { ...before, tokens: before.tokens.slice(1), passed: false }
        return
      }
      consumed.push({ leaf: node.leaf, tokens: tokensOf(ready) })
      const spent = { ...ready, fired: true, chunks: [] }
      leaves[node.leaf] = { ...before, batches: withBatch(before.batches, ready.batch, () => spent) }
      if (node.kind === "instances" && node.want.kind === "atLeast" && node.want.race && !isPaid(spent)) losers.push(node.leaf)
      return
    }
    for (const child of node.of) {
      if (enabled(child, state)) consume(child)
      else {
        for (const leaf of leavesUnder(child)) owe(leaf)
        if (node.kind === "race") losers.push(...leavesUnder(child).map(({ leaf }) => leaf))
      }
    }
  }

  /** The leaf's part of this round: what it holds is dropped, what it lacks will be absorbed. */
  const owe = (leaf: Leaf): void => {
    const before = leaves[leaf.leaf] ?? emptyLeaf
    if (inBatches(leaf)) {
      const open = before.batches.find((batch) => !batch.fired)
      leaves[leaf.leaf] =
        open === undefined
          ? { ...before, owed: before.owed + 1 }
          : { ...before, batches: withBatch(before.batches, open.batch, (batch) => ({ ...batch, fired: true, chunks: [] })) }
    } else if (before.tokens.length > 0) leaves[leaf.leaf] = { ...before, tokens: before.tokens.slice(1), passed: false }
    else leaves[leaf.leaf] = before.passed ? { ...before, passed: false } : { ...before, owed: before.owed + 1 }
  }

  consume(join)
  return { state: { leaves }, consumed, losers }
}

const leavesUnder = (join: Join): ReadonlyArray<Leaf> => leavesOf(join).filter((leaf) => leaf !== undefined)
