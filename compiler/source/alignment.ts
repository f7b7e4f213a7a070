/**
 * Where the characters of a decoded text stand in the file, as runs in which both go on side by side. Most texts are one run, so this is
 * small however long they are. Built from left to right while the text is decoded a second time.
 */
export class Alignment {
  readonly #text: string
  #index = 0
  /** index in the text at which each run begins, and the offset of the file it begins at */
  readonly #from: Array<number> = []
  readonly #at: Array<number> = []
  #last: number | undefined
  /** the run that was asked for last */
  #asked = 0
  #exact = true

  constructor(text: string) {
    this.#text = text
  }

  /** How much of the text has its place. */
  get index(): number {
    return this.#index
  }

  /** Offset of the last character that has its place. */
  get last(): number | undefined {
    return this.#last
  }

  /** Everything put so far is the text, and all of it. */
  get isExact(): boolean {
    return this.#exact && this.#index === this.#text.length
  }

  /** The next characters are those of the file in `[start, end)`. */
  copy(source: string, start: number, end: number): void {
    if (end <= start) return
    this.#exact &&= this.#text.startsWith(source.slice(start, end), this.#index)
    this.#run(start)
    this.#index += end - start
    this.#last = end - 1
  }

  /** The next characters all stand for what is written at `at`. */
  put(units: string, at: number): void {
    this.#exact &&= this.#text.startsWith(units, this.#index)
    for (let i = 0; i < units.length; i++) {
      this.#run(at)
      this.#index++
    }
    if (units !== "") this.#last = at
  }

  /** The place behind the last character. */
  end(at: number): this {
    this.#run(at)
    return this
  }

  #run(at: number): void {
    const run = this.#from.length - 1
    const goesOn = run >= 0 && (this.#at[run] ?? 0) + this.#index - (this.#from[run] ?? 0) === at
    if (goesOn) return
    this.#from.push(this.#index)
    this.#at.push(at)
  }

  /** File offset of the character `index` of the text. */
  offsetAt(index: number): number {
    // who reads a text asks for one place after the other
    if (!this.#isIn(this.#asked, index)) this.#asked = this.#isIn(this.#asked + 1, index) ? this.#asked + 1 : this.#runOf(index)
    return (this.#at[this.#asked] ?? 0) + index - (this.#from[this.#asked] ?? 0)
  }

  #isIn(run: number, index: number): boolean {
    const from = this.#from[run]
    return from !== undefined && from <= index && index < (this.#from[run + 1] ?? Infinity)
  }

  #runOf(index: number): number {
    let [low, high] = [0, this.#from.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#from[middle] ?? 0) <= index) low = middle
      else high = middle - 1
    }
    return low
  }
}
