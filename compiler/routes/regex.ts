/**
 * Checks that a regular expression is well formed and cannot blow up. The dialect is what RE2 and JavaScript share: no references back, no
 * looking around. A repetition inside a repetition is accepted only where each round is told from the next by a character the inner one
 * cannot match (`(\w+,)*`), and alternatives inside a repetition only where they are told apart by some character (`(foo|far)*`).
 */
import { anyCharacter, disjoint, escapeClasses, noCharacter, range, union, complement, type CharacterSet } from "./character-set.ts"
import { spanOf, type Origin } from "./origin.ts"
import { badRegex, unsafeRegex } from "./problems.ts"

type Node =
  | { readonly kind: "character"; readonly set: CharacterSet }
  | { readonly kind: "assertion" }
  | { readonly kind: "sequence"; readonly items: ReadonlyArray<Node> }
  | { readonly kind: "choice"; readonly branches: ReadonlyArray<Node> }
  | { readonly kind: "repeat"; readonly body: Node; readonly min: number; readonly max: number }

const maxRepeat = 1000
const maxGroups = 50
const maxLength = 2000

class Refusal extends Error {
  readonly unsafe: boolean
  readonly start: number
  readonly end: number
  constructor(problem: string, start: number, end: number, unsafe = false) {
    super(problem)
    this.unsafe = unsafe
    this.start = start
    this.end = end
  }
}

/** Reports at most one problem of the pattern `source`, which stands at `start` of the origin's text. */
export const checkRegex = (origin: Origin, source: string, start: number): void => {
  try {
    new Reader(source).pattern()
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal
    const span = spanOf(origin, start + refusal.start, start + Math.min(source.length, Math.max(refusal.end, refusal.start + 1)))
    origin.problems.push(
      refusal.unsafe
        ? unsafeRegex(span, refusal.message, "patterns know no references back, no looking around and no repetition of something ambiguous")
        : badRegex(span, refusal.message),
    )
  }
}

class Reader {
  private readonly source: string
  private at = 0
  private groups = 0

  constructor(source: string) {
    this.source = source
  }

  pattern(): Node {
    if (this.source.length > maxLength) throw new Refusal(`it is longer than ${maxLength} characters`, 0, this.source.length, true)
    const node = this.choice()
    if (this.at < this.source.length) throw new Refusal("this `)` closes nothing. write `\\)` for the character", this.at, this.at + 1)
    return node
  }

  private choice(): Node {
    const branches = [this.sequence()]
    while (this.source[this.at] === "|") {
      this.at++
      branches.push(this.sequence())
    }
    return branches.length === 1 ? branches[0]! : { kind: "choice", branches }
  }

  private sequence(): Node {
    const items: Array<Node> = []
    while (this.at < this.source.length && this.source[this.at] !== "|" && this.source[this.at] !== ")") items.push(this.repeated())
    return items.length === 1 ? items[0]! : { kind: "sequence", items }
  }

  private repeated(): Node {
    const start = this.at
    const body = this.atom()
    const counts = /^(?:[*+?]|\{\d+(?:,\d*)?\})/.exec(this.source.slice(this.at, this.at + 24))?.[0]
    if (counts === undefined) return body
    if (body.kind === "assertion") throw new Refusal("there is nothing to repeat here", this.at, this.at + counts.length)
    this.at += counts.length
    if (this.source[this.at] === "?") this.at++
    if (/^[*+?]/.test(this.source.slice(this.at))) throw new Refusal("a repetition cannot be repeated without a group", this.at, this.at + 1)
    const [min, max] = bounds(counts)
    if (min > max) throw new Refusal(`{${min},${max}} counts down`, this.at - counts.length, this.at)
    if (min > maxRepeat || (max !== Infinity && max > maxRepeat)) throw new Refusal(`it repeats more than ${maxRepeat} times`, start, this.at, true)
    const node: Node = { kind: "repeat", body, min, max }
    const problem = max > 1 ? ambiguity(body) : undefined
    if (problem !== undefined) throw new Refusal(problem, start, this.at, true)
    return node
  }

  private atom(): Node {
    const start = this.at
    const character = this.source[this.at++]!
    if (character === "(") return this.group(start)
    if (character === "[") return { kind: "character", set: this.characterClass(start) }
    if (character === ".") return { kind: "character", set: anyCharacter }
    if (character === "^" || character === "$") return { kind: "assertion" }
    if (character === "\\") return this.escape(start, false)
    if ("*+?".includes(character))
      throw new Refusal(`there is nothing to repeat before \`${character}\`. write \`\\${character}\` for the character`, start, this.at)
    return { kind: "character", set: range(character.charCodeAt(0), character.charCodeAt(0)) }
  }

  private group(start: number): Node {
    if (++this.groups > maxGroups) throw new Refusal(`it has more than ${maxGroups} groups`, start, this.at)
    const opening = /^\?(?:<?[=!]|:|<[A-Za-z_]\w*>|.?)/.exec(this.source.slice(this.at, this.at + 100))?.[0] ?? ""
    if (/[=!]$/.test(opening)) throw new Refusal(`\`(${opening}\` looks around`, start, start + 1 + opening.length, true)
    if (opening !== "" && opening !== "?:" && !opening.endsWith(">")) throw new Refusal(`unknown group \`(${opening}\``, start, start + 1 + opening.length)
    this.at += opening.length
    const node = this.choice()
    if (this.source[this.at] !== ")") throw new Refusal("this group is never closed. expected `)`", start, start + 1)
    this.at++
    return node.kind === "assertion" ? { kind: "sequence", items: [node] } : node
  }

  private escape(start: number, inClass: boolean): Node {
    const character = this.source[this.at++]
    if (character === undefined) throw new Refusal("a backslash ends it. write `\\\\` for the character", start, this.at)
    if (/[1-9]/.test(character) || (character === "k" && this.source[this.at] === "<")) {
      throw new Refusal(`\`\\${character}\` refers back to a group`, start, this.at, true)
    }
    if (!inClass && (character === "b" || character === "B")) return { kind: "assertion" }
    const known = escapeClasses[character]
    if (known !== undefined) return { kind: "character", set: known }
    const code = /^(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4})/.exec(this.source.slice(this.at - 1, this.at + 4))?.[0]
    if (code !== undefined) {
      this.at += code.length - 1
      const point = Number.parseInt(code.slice(1), 16)
      return { kind: "character", set: range(point, point) }
    }
    if (/[A-Za-z0-9]/.test(character)) throw new Refusal(`unknown escape \`\\${character}\``, start, this.at)
    return { kind: "character", set: range(character.charCodeAt(0), character.charCodeAt(0)) }
  }

  private characterClass(start: number): CharacterSet {
    const negated = this.source[this.at] === "^"
    if (negated) this.at++
    let set = noCharacter
    for (;;) {
      if (this.at >= this.source.length) throw new Refusal("this class is never closed. expected `]`", start, start + 1)
      if (this.source[this.at] === "]") break
      const from = this.at
      const first = this.classMember()
      const isRange = this.source[this.at] === "-" && this.at + 1 < this.source.length && this.source[this.at + 1] !== "]"
      if (!isRange) set = union(set, first.set)
      else {
        this.at++
        const last = this.classMember()
        if (first.code === undefined || last.code === undefined || first.code > last.code)
          throw new Refusal("this range counts down or has no ends", from, this.at)
        set = union(set, range(first.code, last.code))
      }
    }
    this.at++
    return negated ? complement(set) : set
  }

  private classMember(): { readonly set: CharacterSet; readonly code: number | undefined } {
    const start = this.at
    const character = this.source[this.at++]!
    if (character !== "\\") return { set: range(character.charCodeAt(0), character.charCodeAt(0)), code: character.charCodeAt(0) }
    const node = this.escape(start, true)
    const set = node.kind === "character" ? node.set : noCharacter
    return { set, code: set.only }
  }
}

const bounds = (counts: string): readonly [number, number] => {
  if (counts === "*") return [0, Infinity]
  if (counts === "+") return [1, Infinity]
  if (counts === "?") return [0, 1]
  const [min, max] = counts.slice(1, -1).split(",")
  return [Number(min), max === undefined ? Number(min) : max === "" ? Infinity : Number(max)]
}

const nullable = (node: Node): boolean =>
  node.kind === "assertion" ||
  (node.kind === "repeat"
    ? node.min === 0 || nullable(node.body)
    : node.kind === "sequence"
      ? node.items.every(nullable)
      : node.kind === "choice" && node.branches.some(nullable))

const repeats = (node: Node): boolean =>
  node.kind === "repeat" ? true : node.kind === "sequence" ? node.items.some(repeats) : node.kind === "choice" && node.branches.some(repeats)

/** Every character that the node can match anywhere. */
const alphabet = (node: Node): CharacterSet => {
  switch (node.kind) {
    case "character":
      return node.set
    case "assertion":
      return noCharacter
    case "repeat":
      return alphabet(node.body)
    case "sequence":
      return node.items.map(alphabet).reduce(union, noCharacter)
    case "choice":
      return node.branches.map(alphabet).reduce(union, noCharacter)
  }
}

/** Why repeating the node could match one text in many ways; undefined when it cannot. */
const ambiguity = (node: Node): string | undefined => {
  if (nullable(node)) return "it repeats something that may be empty"
  if (node.kind === "choice") {
    if (node.branches.some(repeats)) return "it repeats a repetition"
    return overlapping(node.branches) ? "it repeats alternatives that can match the same text" : undefined
  }
  if (!repeats(node)) {
    const inner = node.kind === "sequence" ? node.items.filter((item) => item.kind === "choice") : []
    return inner.some((item) => item.kind === "choice" && overlapping(item.branches)) ? "it repeats alternatives that can match the same text" : undefined
  }
  const items = node.kind === "sequence" ? node.items : [node]
  const inner = items.filter(repeats)
  const separated = inner.length === 1 && items.some((item) => item.kind === "character" && disjoint(item.set, alphabet(inner[0]!)))
  return separated ? undefined : "it repeats a repetition"
}

const overlapping = (branches: ReadonlyArray<Node>): boolean => branches.some((a, index) => branches.slice(index + 1).some((b) => !toldApart(a, b)))

const toldApart = (a: Node, b: Node): boolean => {
  const left = a.kind === "sequence" ? a.items : [a]
  const right = b.kind === "sequence" ? b.items : [b]
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    const [one, other] = [left[at]!, right[at]!]
    if (one.kind !== "character" || other.kind !== "character") return false
    if (disjoint(one.set, other.set)) return true
  }
  return false
}
