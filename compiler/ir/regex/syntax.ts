/** Reads a regular expression of the routing language into a tree: what RE2 and JavaScript share, over UTF-16 units. */

/** Inclusive ranges of UTF-16 units. */
export type Ranges = ReadonlyArray<readonly [number, number]>

export type RegexNode =
  | { readonly kind: "unit"; readonly ranges: Ranges; readonly negated: boolean }
  | { readonly kind: "assert"; readonly what: "start" | "end" | "boundary" | "inside" }
  | { readonly kind: "sequence" | "choice"; readonly of: ReadonlyArray<RegexNode> }
  | { readonly kind: "group"; readonly name: string; readonly body: RegexNode }
  | { readonly kind: "repeat"; readonly body: RegexNode; readonly min: number; readonly max: number }

/** Why a pattern cannot be run. */
export class RegexRefusal extends Error {}

const maxLength = 2000
const maxDepth = 100

export const word: Ranges = [
  [48, 57],
  [65, 90],
  [95, 95],
  [97, 122],
]
const digit: Ranges = [[48, 57]]
const space: Ranges = [
  [9, 13],
  [32, 32],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
]
const lineEnds: Ranges = [
  [10, 10],
  [13, 13],
  [0x2028, 0x2029],
]
const controls: { readonly [letter: string]: number } = { n: 10, r: 13, t: 9, f: 12, v: 11, "0": 0 }
const classes: { readonly [letter: string]: Ranges } = { d: digit, w: word, s: space }

const complement = (ranges: Ranges): Ranges => {
  const sorted = ranges.toSorted(([a], [b]) => a - b)
  const gaps: Array<readonly [number, number]> = []
  let next = 0
  for (const [from, to] of sorted) {
    if (from > next) gaps.push([next, from - 1])
    next = Math.max(next, to + 1)
  }
  if (next <= 0xffff) gaps.push([next, 0xffff])
  return gaps
}

const own = <V>(table: { readonly [key: string]: V }, key: string): V | undefined => (Object.hasOwn(table, key) ? table[key] : undefined)

/** A range goes from one character to another, never from a class such as `\d`. */
const onlyUnit = ([range, ...more]: Ranges): number | undefined => (more.length === 0 && range !== undefined && range[0] === range[1] ? range[0] : undefined)

/** Throws a `RegexRefusal` for what the dialect does not have. */
export const readRegex = (source: string): RegexNode => {
  if (source.length > maxLength) throw new RegexRefusal(`the pattern is longer than ${maxLength} characters`)
  let at = 0

  const choice = (depth: number): RegexNode => {
    if (depth > maxDepth) throw new RegexRefusal("groups are nested too deep")
    const branches = [sequence(depth)]
    while (source[at] === "|") {
      at++
      branches.push(sequence(depth))
    }
    return { kind: "choice", of: branches }
  }

  const sequence = (depth: number): RegexNode => {
    const items: Array<RegexNode> = []
    while (at < source.length && source[at] !== "|" && source[at] !== ")") items.push(repeated(depth))
    return { kind: "sequence", of: items }
  }

  const repeated = (depth: number): RegexNode => {
    const body = atom(depth)
    const counts = /^(?:[*+?]|\{\d{1,4}(?:,\d{0,4})?\})/.exec(source.slice(at, at + 12))?.[0]
    if (counts === undefined) return body
    if (body.kind === "assert") throw new RegexRefusal(`there is nothing to repeat before ${counts}`)
    at += counts.length
    // lazy or not makes no difference to whether a text matches
    if (source[at] === "?") at++
    if (counts.length === 1) return { kind: "repeat", body, min: counts === "+" ? 1 : 0, max: counts === "?" ? 1 : Infinity }
    const [min = "0", max] = counts.slice(1, -1).split(",")
    const most = max === undefined ? Number(min) : max === "" ? Infinity : Number(max)
    if (Number(min) > most) throw new RegexRefusal(`the repetition ${counts} counts down`)
    return { kind: "repeat", body, min: Number(min), max: most }
  }

  const atom = (depth: number): RegexNode => {
    const character = source[at++]!
    switch (character) {
      case "(": {
        // RE2 writes names with a P
        const [opening = "", name] = /^\?(?::|P?<([A-Za-z_]\w*)>)/.exec(source.slice(at, at + 100)) ?? []
        at += opening.length
        const body = source[at] === "?" ? undefined : choice(depth + 1)
        if (body === undefined || source[at++] !== ")") throw new RegexRefusal("the pattern has an unknown or unclosed group")
        return name === undefined ? body : { kind: "group", name, body }
      }
      case "[":
        return characterClass()
      case ".":
        return { kind: "unit", ranges: lineEnds, negated: true }
      case "^":
        return { kind: "assert", what: "start" }
      case "$":
        return { kind: "assert", what: "end" }
      case "\\":
        if (source[at] === "b" || source[at] === "B") return { kind: "assert", what: source[at++] === "b" ? "boundary" : "inside" }
        return { kind: "unit", ranges: escaped(), negated: false }
      case "*":
      case "+":
      case "?":
        throw new RegexRefusal(`there is nothing to repeat before ${character}`)
      default:
        return { kind: "unit", ranges: [[character.charCodeAt(0), character.charCodeAt(0)]], negated: false }
    }
  }

  const escaped = (): Ranges => {
    const character = source[at++]
    if (character === undefined) throw new RegexRefusal("the pattern ends in a backslash")
    const named = own(classes, character)
    if (named !== undefined) return named
    const inverse = own(classes, character.toLowerCase())
    if (inverse !== undefined) return complement(inverse)
    const control = own(controls, character)
    if (character === "0" && /[0-9]/.test(source[at] ?? "")) throw new RegexRefusal("a number after \\0 is not known")
    if (control !== undefined) return [[control, control]]
    const code = /^(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4})/.exec(source.slice(at - 1, at + 4))?.[0]
    if (code !== undefined) {
      at += code.length - 1
      const point = Number.parseInt(code.slice(1), 16)
      return [[point, point]]
    }
    if (/[A-Za-z0-9]/.test(character)) throw new RegexRefusal(`\\${character} is not known`)
    return [[character.charCodeAt(0), character.charCodeAt(0)]]
  }

  const member = (): Ranges => {
    const character = source[at++]!
    if (character !== "\\") return [[character.charCodeAt(0), character.charCodeAt(0)]]
    if (source[at] !== "b") return escaped()
    at++
    return [[8, 8]]
  }

  const characterClass = (): RegexNode => {
    const negated = source[at] === "^"
    if (negated) at++
    const ranges: Array<readonly [number, number]> = []
    while (source[at] !== "]") {
      if (at >= source.length) throw new RegexRefusal("a class is never closed")
      const first = member()
      if (source[at] !== "-" || at + 1 >= source.length || source[at + 1] === "]") {
        ranges.push(...first)
        continue
      }
      at++
      const last = member()
      const [from, to] = [onlyUnit(first), onlyUnit(last)]
      if (from === undefined || to === undefined || from > to) throw new RegexRefusal("a range of a class has no ends or counts down")
      ranges.push([from, to])
    }
    at++
    return { kind: "unit", ranges, negated }
  }

  const tree = choice(0)
  if (at < source.length) throw new RegexRefusal("a ) closes nothing")
  return tree
}
