import type { More } from "./diagnose.ts"
import type { Span } from "./span.ts"

/** Nobody mistypes a name as long as this, and comparing longer ones takes long. */
const longestWord = 100

/**
 * The candidate nearest to a misspelt word: at most a third of the word's length away, counting a swap of neighbours as one step;
 * case alone never counts. Absent when nothing is near, or when two are equally near.
 */
export const suggest = (word: string, candidates: Iterable<string>): string | undefined => {
  if (word.length > longestWord) return undefined
  const bound = Math.max(1, Math.floor(word.length / 3))
  const lower = word.toLowerCase()
  let best: string | undefined
  let least = bound
  let tied = false
  for (const candidate of candidates) {
    if (candidate === word || candidate === best || Math.abs(candidate.length - word.length) > least) continue
    const distance = editDistance(lower, candidate.toLowerCase(), least)
    if (distance > least || distance >= Math.max(candidate.length, word.length)) continue
    tied = best !== undefined && distance === least
    least = distance
    if (!tied) best = candidate
  }
  return tied ? undefined : best
}

/** A name that may stand wherever a name may. */
const plainName = /^[A-Za-z0-9_][A-Za-z0-9_-]*$/
/** One that may stand as a value of YAML. */
export const plainValue = /^[A-Za-z0-9_./@][A-Za-z0-9_./@-]*$/

/**
 * What to add to a diagnostic on an unknown name at `span`: the near name as help and, since it is the only one near, as a fix, when it can stand
 * there as it is.
 */
export const didYouMean = (word: string, span: Span, candidates: Iterable<string>, form: RegExp = plainName): Pick<More, "help" | "fix"> => {
  const near = suggest(word, candidates)
  if (near === undefined) return {}
  const help = `did you mean "${near}"?`
  if (!form.test(near)) return { help }
  return { help, fix: { title: `change "${word}" to "${near}"`, edits: [{ span, text: near }] } }
}

/** Three rows of the table of distances, used again and again: a fleet with many wrong names asks a million times. */
const rows: readonly [Int32Array, Int32Array, Int32Array] = [new Int32Array(300), new Int32Array(300), new Int32Array(300)]

/** Edits (insert, delete, replace, swap of neighbours) between two words; anything over `bound` comes back as `bound + 1`. */
const editDistance = (left: string, right: string, bound: number): number => {
  let start = 0
  let [leftEnd, rightEnd] = [left.length, right.length]
  while (start < leftEnd && start < rightEnd && left.charCodeAt(start) === right.charCodeAt(start)) start++
  while (leftEnd > start && rightEnd > start && left.charCodeAt(leftEnd - 1) === right.charCodeAt(rightEnd - 1)) {
    leftEnd--
    rightEnd--
  }
  const [a, b] = [left.slice(start, leftEnd), right.slice(start, rightEnd)]
  const beyond = bound + 1
  if (Math.abs(a.length - b.length) > bound) return beyond
  if (a.length === 0 || b.length === 0) return Math.max(a.length, b.length)
  let [before, previous, row] = rows
  for (let j = 0; j <= b.length; j++) previous[j] = j
  for (let i = 1; i <= a.length; i++) {
    // whatever lies further from the diagonal than the bound is beyond it
    const from = Math.max(1, i - bound)
    const to = Math.min(b.length, i + bound)
    row[from - 1] = from === 1 ? i : beyond
    let nearest = beyond
    for (let j = from; j <= to; j++) {
      const same = a.charCodeAt(i - 1) === b.charCodeAt(j - 1)
      let least = (previous[j - 1] ?? beyond) + (same ? 0 : 1)
      if (j < i + bound) least = Math.min(least, (previous[j] ?? beyond) + 1)
      least = Math.min(least, (row[j - 1] ?? beyond) + 1)
      if (i > 1 && j > 1 && a.charCodeAt(i - 1) === b.charCodeAt(j - 2) && a.charCodeAt(i - 2) === b.charCodeAt(j - 1))
        least = Math.min(least, (before[j - 2] ?? beyond) + 1)
      row[j] = least
      nearest = Math.min(nearest, least)
    }
    if (nearest > bound) return beyond
    ;[before, previous, row] = [previous, row, before]
  }
  return Math.min(previous[b.length] ?? beyond, beyond)
}
