/** Depth of trees, measured without recursion, before anything recurses over them. */
import { childrenOf } from "./children.ts"
import type { Expr } from "./model.ts"

export const maxExpressionDepth = 1000

/** Levels of the tree under `root`, 1 for a leaf. */
export const nested = <N>(root: N, children: (node: N) => ReadonlyArray<N>): number => {
  let level: ReadonlyArray<N> = [root]
  let depth = 0
  for (; level.length > 0; depth++) level = level.flatMap(children)
  return depth
}

export const expressionDepth = (expr: Expr): number => nested(expr, childrenOf)
