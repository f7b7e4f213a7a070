/**
 * Small maps and sets that never change. An exploration makes a new one with every step, most of a dozen entries: copying two short arrays is many
 * times cheaper than a Map, and the text that tells one state from another is made once.
 */
export class Entries<V> {
  readonly #keys: ReadonlyArray<string>
  readonly #values: ReadonlyArray<V>
  /** Where a key stands, for keys that stay the same throughout. */
  readonly #index: ReadonlyMap<string, number> | undefined
  #text: string | undefined

  constructor(keys: ReadonlyArray<string>, values: ReadonlyArray<V>, index?: ReadonlyMap<string, number>) {
    this.#keys = keys
    this.#values = values
    this.#index = index
  }

  /** One for every key; the keys are known by then. */
  static fixed<V>(all: ReadonlyArray<readonly [string, V]>): Entries<V> {
    return new Entries(
      all.map(([key]) => key),
      all.map(([, value]) => value),
      new Map(all.map(([key], at) => [key, at])),
    )
  }

  #at(key: string): number {
    return this.#index === undefined ? this.#keys.indexOf(key) : (this.#index.get(key) ?? -1)
  }

  get size(): number {
    return this.#keys.length
  }
  /** In the order in which they came. */
  keys(): ReadonlyArray<string> {
    return this.#keys
  }
  values(): ReadonlyArray<V> {
    return this.#values
  }
  has(key: string): boolean {
    return this.#at(key) >= 0
  }
  get(key: string): V | undefined {
    return this.#values[this.#at(key)]
  }
  with(key: string, value: V): Entries<V> {
    const at = this.#at(key)
    if (at < 0) return new Entries([...this.#keys, key], [...this.#values, value])
    const values = this.#values.slice()
    values[at] = value
    return new Entries(this.#keys, values, this.#index)
  }
  without(key: string): Entries<V> {
    const at = this.#at(key)
    return at < 0 ? this : new Entries(this.#keys.toSpliced(at, 1), this.#values.toSpliced(at, 1))
  }
  /** The same for the same entries, whatever their order. Made once: `print` must always be the same. */
  text(print: (key: string, value: V) => string): string {
    this.#text ??= this.printed(print)
    return this.#text
  }
  /** As `text`, for a `print` that is not always the same. */
  printed(print: (key: string, value: V) => string): string {
    const texts = this.#values.map((value, at) => print(this.#keys[at] ?? "", value))
    return texts.length < 2 ? (texts[0] ?? "") : texts.sort().join(";")
  }
}

const none = new Entries<never>([], [])

/** Of none. */
export const noEntries = <V>(): Entries<V> => none
