/** Lines and columns, from 1, columns in UTF-16 units; computed only for what is shown. */
export interface Position {
  readonly line: number
  readonly column: number
  readonly offset: number
}

export class LineIndex {
  readonly text: string
  readonly #starts: ReadonlyArray<number>

  constructor(text: string) {
    this.text = text
    const starts = [0]
    for (let feed = text.indexOf("\n"); feed >= 0; feed = text.indexOf("\n", feed + 1)) starts.push(feed + 1)
    this.#starts = starts
  }

  position(offset: number): Position {
    const at = Math.max(0, Math.min(offset, this.text.length))
    let low = 0
    let high = this.#starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#starts[middle] ?? 0) <= at) low = middle
      else high = middle - 1
    }
    return { line: low + 1, column: at - (this.#starts[low] ?? 0) + 1, offset: at }
  }

  /** The text of a line, without its line break. */
  line(number: number): string {
    const start = this.#starts[number - 1] ?? this.text.length
    const end = (this.#starts[number] ?? this.text.length + 1) - 1
    return this.text.slice(start, this.text[end - 1] === "\r" && end > start ? end - 1 : end)
  }
}

/** The texts that diagnostics point into, by file name; a file that is not there counts as empty. */
export class Sources {
  readonly #indexes = new Map<string, LineIndex>()
  readonly #texts: ReadonlyMap<string, string>

  constructor(texts: ReadonlyMap<string, string>) {
    this.#texts = texts
  }

  index(file: string): LineIndex {
    const known = this.#indexes.get(file)
    if (known !== undefined) return known
    const made = new LineIndex(this.#texts.get(file) ?? "")
    this.#indexes.set(file, made)
    return made
  }
}
