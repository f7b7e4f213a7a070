import type { Alignment } from "./alignment.ts"

/** Copies what `pattern` (sticky) takes from `at` on, at least one character, and gives the offset behind it. */
export const copyVerbatim = (source: string, at: number, end: number, pattern: RegExp, into: Alignment): number => {
  pattern.lastIndex = at
  const stop = Math.min(end, pattern.test(source) ? pattern.lastIndex : at + 1)
  into.copy(source, at, stop)
  return stop
}
