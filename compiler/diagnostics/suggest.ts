import type { More } from "./diagnose.ts"
import type { Span } from "./span.ts"

/**
 * The candidate nearest to a misspelt word: at most a third of the word's length away, counting a swap of neighbours as one step;
 * case alone never counts. Absent when nothing is near, or when two are equally near.
 */
export const suggest = (word: string, candidates: Iterable<string>): string | undefined => {
  const bound = Math.max(1, Math.floor(word.length / 3))
  let best: string | undefined
  let least = bound + 1
  let tied = false
  for (const candidate of candidates) {
    if (candidate === word || candidate === best || Math.abs(candidate.length - word.length) > bound) continue
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase(), bound)
    if (distance > bound || distance > least || distance >= Math.max(candidate.length, word.length)) continue
    tied = distance === least
    least = distance
    if (!tied) best = candidate
  }
  return tied ? undefined : best
}

/** What to add to a diagnostic on an unknown name at `span`: the near name as help and, since it is the only one near, as a fix. */
export const didYouMean = (word: string, span: Span, candidates: Iterable<string>): Pick<More, "help" | "fix"> => {
  const near = suggest(word, candidates)
  if (near === undefined) return {}
  return { help: `did you mean "${near}"?`, fix: { title: `change "${word}" to "${near}"`, edits: [{ span, text: near }] } }
}

/** Edits (insert, delete, replace, swap of neighbours) between two words; anything over `bound` comes back as `bound + 1`. */
const editDistance = (a: string, b: string, bound: number): number => {
  let before: Array<number> = []
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const at = (line: ReadonlyArray<number>, k: number): number => line[k] ?? Infinity
      let least = Math.min(at(previous, j) + 1, at(row, j - 1) + 1, at(previous, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, at(before, j - 2) + 1)
      row.push(least)
    }
    if (Math.min(...row) > bound) return bound + 1
    before = previous
    previous = row
  }
  return previous[b.length] ?? bound + 1
}
