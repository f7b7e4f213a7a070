/** The leaves of a join, by number. */
import type { Join } from "./model.ts"

export type Leaf = Extract<Join, { readonly leaf: number }>

const known = new WeakMap<Join, ReadonlyArray<Leaf | undefined>>()

const isLeaf = (join: Join): join is Leaf => join.kind === "event" || join.kind === "instances"

/** Leaves at the index that is their number; a part of a join has holes where its siblings' leaves would be. Remembered for joins of several. */
export const leavesOf = (join: Join): ReadonlyArray<Leaf | undefined> => {
  if (isLeaf(join) && join.leaf === 0) return [join]
  const remembered = known.get(join)
  if (remembered !== undefined) return remembered
  const leaves: Array<Leaf | undefined> = []
  const visit = (node: Join): void => {
    if (isLeaf(node)) leaves[node.leaf] = node
    else node.of.forEach(visit)
  }
  visit(join)
  known.set(join, leaves)
  return leaves
}

/** How many leaf numbers the join needs. */
export const leafCount = (join: Join): number => leavesOf(join).length
