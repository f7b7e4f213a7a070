import type { NetRule } from "./net.ts"

/** What is wrong with a join, or one inside it, that asks for more than it names: `3 of (a.done, b.done)`. */
export const countsBeyond = (join: NetRule["join"]): string | undefined => {
  if (join.kind === "event") return undefined
  if (join.kind === "atLeast" && join.count > join.of.length) return `${join.count} of ${join.of.length} is more than there are`
  for (const child of join.of) {
    const found = countsBeyond(child)
    if (found !== undefined) return found
  }
  return undefined
}
