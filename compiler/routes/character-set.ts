/** Sets of characters as far as regular expressions must be told apart: each ASCII character, and all others as one. */

export interface CharacterSet {
  /** bits 0 to 127: ASCII; bit 128: every other character */
  readonly bits: bigint
  /** the one code unit of a single character */
  readonly only: number | undefined
}

const all = (1n << 129n) - 1n
const bit = (code: number): bigint => 1n << BigInt(Math.min(code, 128))

export const noCharacter: CharacterSet = { bits: 0n, only: undefined }
export const anyCharacter: CharacterSet = { bits: all, only: undefined }

/** The code units from `first` to `last`, both included. */
export const range = (first: number, last: number): CharacterSet => {
  const bits = bit(last) * 2n - bit(first)
  return { bits, only: first === last ? first : undefined }
}

export const union = (a: CharacterSet, b: CharacterSet): CharacterSet => ({ bits: a.bits | b.bits, only: undefined })
/** The others beyond ASCII may be in a set and its complement: the answer errs towards overlap. */
export const complement = (a: CharacterSet): CharacterSet => ({ bits: (all & ~a.bits) | (1n << 128n), only: undefined })
export const disjoint = (a: CharacterSet, b: CharacterSet): boolean => (a.bits & b.bits) === 0n

const character = (text: string): CharacterSet => range(text.charCodeAt(0), text.charCodeAt(0))
const digits = range(48, 57)
const word = [range(65, 90), range(97, 122), digits, character("_")].reduce(union)
const space = { bits: [..." \t\n\r\f\v"].map(character).reduce(union).bits | (1n << 128n), only: undefined }

/** What `\d`, `\n`, … match. */
export const escapeClasses: { readonly [letter: string]: CharacterSet | undefined } = {
  d: digits,
  D: complement(digits),
  w: word,
  W: complement(word),
  s: space,
  S: complement(space),
  n: character("\n"),
  r: character("\r"),
  t: character("\t"),
  f: character("\f"),
  v: character("\v"),
}
