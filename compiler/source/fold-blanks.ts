import type { Alignment } from "./alignment.ts"

/** Space, tab, or a line break; a carriage return counts only as part of one. */
export const isBlank = (source: string, at: number): boolean => {
  const unit = source[at]
  return unit === " " || unit === "\t" || unit === "\n" || (unit === "\r" && source[at + 1] === "\n")
}

/**
 * The run of white space at `start`, as flow scalars fold it: with one line break a space, with n breaks n - 1 line feeds, without a
 * break itself. What it folds to begins where the run does, so that a word before it ends at its last character. Gives where the run ends.
 */
export const foldBlanks = (source: string, start: number, end: number, into: Alignment): number => {
  let stop = start
  const breaks: Array<number> = []
  for (; stop < end && isBlank(source, stop); stop++) if (source[stop] === "\n") breaks.push(stop)
  if (breaks.length === 0) into.copy(source, start, stop)
  else if (breaks.length === 1) into.put(" ", start)
  else for (const [index, at] of breaks.slice(0, -1).entries()) into.put("\n", index === 0 ? start : at)
  return stop
}
