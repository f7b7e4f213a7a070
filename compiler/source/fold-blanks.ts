import type { Alignment } from "./alignment.ts"

/** Space, tab, or a line break; a carriage return counts only as part of one. */
export const isBlank = (source: string, at: number): boolean => {
  const unit = source[at]
  return unit === " " || unit === "\t" || unit === "\n" || (unit === "\r" && source[at + 1] === "\n")
}

/**
 * The run of white space at `start`, as flow scalars fold it: with one line break a space, with n breaks n - 1 line feeds, without a
 * break itself. Gives where the run ends.
 */
export const foldBlanks = (source: string, start: number, end: number, into: Alignment): number => {
  let stop = start
  const breaks: Array<number> = []
  for (; stop < end && isBlank(source, stop); stop++) if (source[stop] === "\n") breaks.push(stop)
  const [first] = breaks
  if (first === undefined) into.copy(source, start, stop)
  else if (breaks.length === 1) into.put(" ", first)
  else for (const i of breaks.slice(0, -1)) into.put("\n", i)
  return stop
}
