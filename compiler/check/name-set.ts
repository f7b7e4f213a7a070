/** Sets of a fleet's sessions as bits: many of them are met with one another, and each may hold nearly every session. */

export interface Names {
  readonly size: number
  readonly has: (name: string) => boolean
}

/** Makes sets of `names`; only sets of one maker may be met. */
export class NameSets {
  readonly none: NameSet
  readonly all: NameSet
  readonly #numbers: ReadonlyMap<string, number>
  readonly #words: number

  constructor(names: Iterable<string>) {
    this.#numbers = new Map([...names].map((name, number) => [name, number]))
    this.#words = Math.ceil(this.#numbers.size / 32)
    this.none = this.of([])
    this.all = this.of(this.#numbers.keys())
  }

  /** Those of `names` that the maker knows. */
  of(names: Iterable<string>): NameSet {
    const bits = new Int32Array(this.#words)
    for (const name of names) add(bits, this.#numbers.get(name))
    return new NameSet(this.#numbers, bits)
  }

  with(set: NameSet, name: string): NameSet {
    if (set.has(name)) return set
    const bits = set.bits.slice()
    add(bits, this.#numbers.get(name))
    return new NameSet(this.#numbers, bits)
  }
}

const add = (bits: Int32Array, number: number | undefined): void => {
  if (number !== undefined) bits[number >>> 5] = (bits[number >>> 5] ?? 0) | (1 << (number & 31))
}

export class NameSet implements Names {
  readonly bits: Int32Array
  readonly #numbers: ReadonlyMap<string, number>
  #size: number | undefined

  constructor(numbers: ReadonlyMap<string, number>, bits: Int32Array) {
    this.#numbers = numbers
    this.bits = bits
  }

  get size(): number {
    return (this.#size ??= this.bits.reduce((sum, word) => sum + countBits(word), 0))
  }

  has(name: string): boolean {
    const number = this.#numbers.get(name)
    return number !== undefined && ((this.bits[number >>> 5] ?? 0) & (1 << (number & 31))) !== 0
  }

  /** Of a set of another maker, when both makers were given the same names. */
  isSame(other: NameSet): boolean {
    return this.bits.length === other.bits.length && this.bits.every((word, at) => word === other.bits[at])
  }

  union(other: NameSet): NameSet {
    return this === other
      ? this
      : new NameSet(
          this.#numbers,
          this.bits.map((word, at) => word | (other.bits[at] ?? 0)),
        )
  }

  intersection(other: NameSet): NameSet {
    return this === other
      ? this
      : new NameSet(
          this.#numbers,
          this.bits.map((word, at) => word & (other.bits[at] ?? 0)),
        )
  }
}

/** Ones in a 32-bit word, summed in parallel. */
const countBits = (word: number): number => {
  const pairs = word - ((word >>> 1) & 0x55555555)
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333)
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}
