/** Amounts that the length of a list may multiply: `2 + 3 × len(lead.output.tasks)`. `undefined` is an amount without a bound. */

/** From a product of symbols (sorted; empty: a plain number) to its coefficient. No zero coefficients. */
export type Amount = ReadonlyMap<string, number>
export type Bound = Amount | undefined

/** A formula of more terms tells nobody anything, and an untrusted document must not make it grow. */
const maxTerms = 64

const sound = (amount: Amount): Bound => (amount.size <= maxTerms && [...amount.values()].every(Number.isFinite) ? amount : undefined)

const times = " × "

export const nothing: Amount = new Map()
export const constant = (value: number): Amount => (value === 0 ? nothing : new Map([["", value]]))
export const symbol = (name: string): Amount => new Map([[name, 1]])

/** Whether it is zero; a bound that is not known is not. */
export const isNothing = (bound: Bound): boolean => bound !== undefined && bound.size === 0

/** The number, when no symbol is in it. */
export const plain = (bound: Bound): number | undefined => {
  if (bound === undefined) return undefined
  if (bound.size === 0) return 0
  return bound.size === 1 ? bound.get("") : undefined
}

export const add = (...bounds: ReadonlyArray<Bound>): Bound => {
  if (bounds.includes(undefined)) return undefined
  const some = bounds.filter((bound) => !isNothing(bound))
  if (some.length < 2) return sound(some[0] ?? nothing)
  const sum = new Map<string, number>()
  for (const bound of some) for (const [symbols, count] of bound ?? nothing) sum.set(symbols, (sum.get(symbols) ?? 0) + count)
  return sound(sum)
}

/** Nothing of what has no bound is nothing. */
export const multiply = (a: Bound, b: Bound): Bound => {
  if (isNothing(a) || isNothing(b)) return nothing
  if (a === undefined || b === undefined) return undefined
  if (plain(a) === 1) return sound(b)
  if (plain(b) === 1) return sound(a)
  const product = new Map<string, number>()
  for (const [left, x] of a)
    for (const [right, y] of b) {
      const symbols = [...(left === "" ? [] : left.split(times)), ...(right === "" ? [] : right.split(times))].sort().join(times)
      product.set(symbols, (product.get(symbols) ?? 0) + x * y)
    }
  return sound(product)
}

/** Symbols stand for whole numbers from 0, so a larger coefficient everywhere is a larger amount. */
const atMost = (a: Amount, b: Amount): boolean => [...a].every(([symbols, count]) => count <= (b.get(symbols) ?? 0))

/** The smaller one; when it cannot be told, the first: an upper bound either way. */
export const least = (a: Bound, b: Bound): Bound => {
  if (a === undefined) return b
  return b !== undefined && atMost(b, a) ? b : a
}

/** At least as large as each of them. */
export const greatest = (...bounds: ReadonlyArray<Bound>): Bound => {
  const most = new Map<string, number>()
  for (const bound of bounds) {
    if (bound === undefined) return undefined
    for (const [symbols, count] of bound) most.set(symbols, Math.max(most.get(symbols) ?? 0, count))
  }
  return most
}

/** `unit` prints a coefficient: `$0.50 × len(lead.output.tasks)`. */
export const printAmount = (bound: Bound, unit: (value: number) => string = String): string => {
  if (bound === undefined) return "no bound"
  if (bound.size === 0) return unit(0)
  return [...bound]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([symbols, count]) => (symbols === "" ? unit(count) : count === 1 && unit(1) === "1" ? symbols : `${unit(count)}${times}${symbols}`))
    .join(" + ")
}
