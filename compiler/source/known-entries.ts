import type { MapEntry } from "./model.ts"

/** An entry, and where reading went on behind it: see `PlainReader`. */
export interface KnownEntry {
  readonly entry: MapEntry
  readonly at: number
  readonly column: number
  readonly end: number
}

/** Nodes keep the text that they were read from; with more texts than this all is read anew. */
const mostTexts = 4

/**
 * Entries of block maps that were read before, by where they begin. How one reads depends on the text up to where the next one begins, and on nothing
 * behind that, so those that stand before the first change of a text are what they were.
 */
export class KnownEntries {
  #text = ""
  #turn = 0
  readonly #entries = new Map<number, KnownEntry & { readonly turn: number }>()

  /** Forgets what may read otherwise in `text`, which is read next. */
  begin(text: string): void {
    const same = sameUntil(this.#text, text)
    const turns = new Set<number>()
    for (const [start, { at, turn }] of this.#entries) {
      // whether the next line is an item of a list is told by two characters
      if (at + 1 < same) turns.add(turn)
      else this.#entries.delete(start)
    }
    if (turns.size >= mostTexts) this.#entries.clear()
    this.#text = text
    this.#turn++
  }

  at(start: number): KnownEntry | undefined {
    return this.#entries.get(start)
  }

  keep(start: number, known: KnownEntry): void {
    this.#entries.set(start, { ...known, turn: this.#turn })
  }
}

const step = 4096

/** How many characters two texts begin with alike. */
const sameUntil = (one: string, other: string): number => {
  const end = Math.min(one.length, other.length)
  let at = 0
  while (at + step <= end && one.slice(at, at + step) === other.slice(at, at + step)) at += step
  while (at < end && one.charCodeAt(at) === other.charCodeAt(at)) at++
  return at
}
