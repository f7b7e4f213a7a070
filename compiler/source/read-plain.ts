/**
 * The YAML that most fleets are written in: block maps and lists of unquoted words, quoted texts of one line, flow collections of one line, literal
 * blocks, comments on lines of their own or behind a value. What it reads it reads exactly as the YAML library does, spans included, at a tenth
 * of the cost; at the first thing it is not sure of it gives up, and the library reads the file.
 */
import type { Span } from "../diagnostics/span.ts"
import type { KnownEntries } from "./known-entries.ts"
import type { ListNode, MapEntry, MapNode, NullNode, ScalarStyle, YamlNode } from "./model.ts"
import { plainValue } from "./plain-scalar.ts"
import { ScalarNode } from "./scalar-node.ts"

/**
 * The tree of the whole text, or undefined when the library has to read it. Says nothing about what is wrong with a text. `known`: entries of the text
 * of this file that was read before.
 */
export const readPlain = (file: string, text: string, known?: KnownEntries): MapNode | undefined => {
  if (unusual.test(text)) return undefined
  known?.begin(text)
  try {
    return new PlainReader(file, text, known).read()
  } catch (error) {
    if (error === notPlain) return undefined
    throw error
  }
}

const unusual = /[\t\r\u0085\u2028\u2029\ufeff]/
const notPlain = new Error("not plain")
const maxDepth = 50
const key = /[A-Za-z_][A-Za-z0-9_-]{0,200}:(?=[ \n])/y
const flowKey = /[A-Za-z_][A-Za-z0-9_-]{0,200}:(?= )/y
const doubleQuoted = /"[^"\\\n]*"/y
const singleQuoted = /'[^'\n]*'(?!')/y
/** How an unquoted scalar may begin, and how far it goes at most. */
const blockWord = /(?:[A-Za-z0-9_./$+(~]|-(?=[A-Za-z0-9-]))[^\n]*/y
const flowWord = /(?:[A-Za-z0-9_./$+(~]|-(?=[A-Za-z0-9-]))[^\n,[\]{}:#"']*/y

class PlainReader {
  readonly #file: string
  readonly #text: string
  /** Where the next line with content begins, its indentation left out, and how far that goes; -1 at the end. */
  #at = 0
  #column = -1
  /** Where the last node ended with what stands behind it on its line. */
  #end = 0
  readonly #known: KnownEntries | undefined

  constructor(file: string, text: string, known: KnownEntries | undefined) {
    this.#file = file
    this.#text = text
    this.#known = known
  }

  read(): MapNode {
    this.#nextLine(0)
    if (this.#column !== 0) throw notPlain
    return this.#map(0, 0)
  }

  /** A comment that goes deeper than what follows it belongs to the block before it, which only the library knows about. */
  #nextLine(from: number): void {
    const text = this.#text
    let deepest = 0
    for (let start = from; ;) {
      let at = start
      while (text.charCodeAt(at) === space) at++
      const code = text.charCodeAt(at)
      if (code !== feed && code !== hash) {
        this.#at = at
        this.#column = at < text.length ? at - start : -1
        if (deepest > Math.max(0, this.#column)) throw notPlain
        return
      }
      if (code === hash) deepest = Math.max(deepest, at - start)
      start = this.#lineEnd(at) + 1
    }
  }

  #lineEnd(from: number): number {
    const feedAt = this.#text.indexOf("\n", from)
    return feedAt < 0 ? this.#text.length : feedAt
  }

  #match(pattern: RegExp, at: number): string | undefined {
    pattern.lastIndex = at
    return pattern.exec(this.#text)?.[0]
  }

  #isDash(at: number): boolean {
    return this.#text.charCodeAt(at) === dash && this.#text.charCodeAt(at + 1) === space
  }

  #span(start: number, end: number): Span {
    return { file: this.#file, start, end }
  }

  // ---- blocks

  #map(column: number, depth: number): MapNode {
    if (depth > maxDepth) throw notPlain
    const start = this.#at
    const entries = new Map<string, MapEntry>()
    while (this.#column === column) {
      const entry = this.#entry(column, depth)
      if (entries.has(entry.name)) throw notPlain
      entries.set(entry.name, entry)
    }
    if (this.#column > column) throw notPlain
    const span = this.#span(start, this.#end)
    return { kind: "map", span, content: span, flow: false, entries: [...entries.values()] }
  }

  #entry(column: number, depth: number): MapEntry {
    const at = this.#at
    const known = this.#known?.at(at)
    if (known !== undefined) {
      this.#at = known.at
      this.#column = known.column
      this.#end = known.end
      return known.entry
    }
    const found = this.#match(key, at)
    if (found === undefined) throw notPlain
    const name = found.slice(0, -1)
    const entry = { name, key: this.#span(at, at + name.length), value: this.#value(at + found.length, column, depth), merged: false }
    this.#known?.keep(at, { entry, at: this.#at, column: this.#column, end: this.#end })
    return entry
  }

  /** What stands behind a key's colon, or on the lines below it. */
  #value(from: number, column: number, depth: number): YamlNode {
    const text = this.#text
    let at = from
    while (text.charCodeAt(at) === space) at++
    const code = text.charCodeAt(at)
    if (code !== feed && code !== hash) return this.#inline(at, column, depth)
    this.#nextLine(this.#lineEnd(at) + 1)
    if (this.#isDash(this.#at) && this.#column >= column) return this.#list(this.#column, depth + 1, this.#column === column)
    if (this.#column > column) return this.#map(this.#column, depth + 1)
    throw notPlain
  }

  /** `besideKeys`: the list stands at the indentation of the keys of the map it is in, so a key may follow it. */
  #list(column: number, depth: number, besideKeys: boolean): ListNode {
    if (depth > maxDepth) throw notPlain
    const start = this.#at
    const items: Array<YamlNode> = []
    while (this.#column === column && this.#isDash(this.#at)) {
      let at = this.#at + 2
      while (this.#text.charCodeAt(at) === space) at++
      if (this.#match(key, at) === undefined) items.push(this.#inline(at, column, depth))
      else {
        this.#column = column + at - this.#at
        this.#at = at
        items.push(this.#map(this.#column, depth + 1))
      }
    }
    if (this.#column > column || (this.#column === column && !besideKeys)) throw notPlain
    const span = this.#span(start, this.#end)
    return { kind: "list", span, content: span, flow: false, items }
  }

  /** A value that begins on its key's line. Goes on to the next line with content, which must not belong to it. */
  #inline(at: number, column: number, depth: number): YamlNode {
    switch (this.#text.charCodeAt(at)) {
      case bar:
        return this.#literal(at, column)
      case openSquare:
      case openCurly: {
        const node = this.#flow(at, depth + 1)
        this.#finishLine(node.span.end)
        return node
      }
      case doubleQuote:
      case singleQuote: {
        const node = this.#quoted(at)
        this.#finishLine(node.span.end)
        return node
      }
      default:
        return this.#word(at)
    }
  }

  /** Nothing but a comment may follow on the line. */
  #finishLine(from: number): void {
    let at = from
    while (this.#text.charCodeAt(at) === space) at++
    const code = this.#text.charCodeAt(at)
    const isComment = code === hash && at > from
    if (code !== feed && !isComment) throw notPlain
    this.#end = this.#lineEnd(at) + 1
    if (this.#end > this.#text.length) throw notPlain
    this.#nextLine(this.#end)
  }

  #word(at: number): YamlNode {
    const rest = this.#match(blockWord, at)
    if (rest === undefined) throw notPlain
    const comment = rest.indexOf(" #")
    const written = trimSpaces(comment < 0 ? rest : rest.slice(0, comment))
    if (written.includes(": ") || written.endsWith(":")) throw notPlain
    const node = this.#scalar(at, written)
    this.#finishLine(node.span.end)
    return node
  }

  #literal(at: number, column: number): ScalarNode {
    const text = this.#text
    const strip = text.charCodeAt(at + 1) === dash
    const header = at + (strip ? 2 : 1)
    if (text.charCodeAt(header) !== feed) throw notPlain
    let decoded = ""
    let blanks = ""
    let indent = 0
    let end = header + 1
    for (let start = end; start < text.length;) {
      let first = start
      while (text.charCodeAt(first) === space) first++
      const spaces = first - start
      if (text.charCodeAt(first) === feed) {
        if (spaces > indent) throw notPlain
        blanks += "\n"
        start = first + 1
        continue
      }
      if (spaces <= column || first >= text.length) break
      if (indent === 0) indent = spaces
      const feedAt = text.indexOf("\n", first)
      if (spaces < indent || feedAt < 0) throw notPlain
      decoded += `${blanks}${text.slice(start + indent, feedAt + 1)}`
      blanks = ""
      start = feedAt + 1
      end = start
    }
    if (decoded === "") throw notPlain
    const said = strip ? decoded.slice(0, -1) : decoded
    this.#end = end
    this.#nextLine(end)
    return new ScalarNode(text, this.#span(at, end), "literal", said, said)
  }

  // ---- scalars and flow collections of one line

  #scalar(at: number, written: string): ScalarNode | NullNode {
    const span = this.#span(at, at + written.length)
    const value = plainValue(written)
    if (value === undefined) throw notPlain
    return value === null ? { kind: "null", text: written, span } : new ScalarNode(this.#text, span, "plain", written, value)
  }

  #quoted(at: number): ScalarNode {
    const style: ScalarStyle = this.#text.charCodeAt(at) === doubleQuote ? "double" : "single"
    const found = this.#match(style === "double" ? doubleQuoted : singleQuoted, at)
    if (found === undefined) throw notPlain
    const said = found.slice(1, -1)
    return new ScalarNode(this.#text, this.#span(at, at + found.length), style, said, said)
  }

  #flow(start: number, depth: number): MapNode | ListNode {
    if (depth > maxDepth) throw notPlain
    const text = this.#text
    const isMap = text.charCodeAt(start) === openCurly
    const close = isMap ? closeCurly : closeSquare
    const entries = new Map<string, MapEntry>()
    const items: Array<YamlNode> = []
    let at = start + 1
    const skip = (): void => {
      while (text.charCodeAt(at) === space) at++
    }
    skip()
    let last = at
    if (text.charCodeAt(at) !== close)
      for (;;) {
        const from = at
        const found = isMap ? this.#match(flowKey, at) : undefined
        if (isMap && found === undefined) throw notPlain
        at += found?.length ?? 0
        skip()
        const value = this.#flowValue(at, depth)
        at = value.span.end
        last = at
        if (found === undefined) items.push(value)
        else {
          const name = found.slice(0, -1)
          if (entries.has(name)) throw notPlain
          entries.set(name, { name, key: this.#span(from, from + name.length), value, merged: false })
        }
        skip()
        if (text.charCodeAt(at) === close) break
        if (text.charCodeAt(at) !== comma) throw notPlain
        at++
        skip()
      }
    const place = { span: this.#span(start, at + 1), content: this.#span(contentStart(text, start + 1, at), last), flow: true }
    return isMap ? { kind: "map", ...place, entries: [...entries.values()] } : { kind: "list", ...place, items }
  }

  #flowValue(at: number, depth: number): YamlNode {
    const code = this.#text.charCodeAt(at)
    if (code === openSquare || code === openCurly) return this.#flow(at, depth + 1)
    if (code === doubleQuote || code === singleQuote) return this.#quoted(at)
    const found = this.#match(flowWord, at)
    if (found === undefined) throw notPlain
    return this.#scalar(at, trimSpaces(found))
  }
}

const contentStart = (text: string, from: number, end: number): number => {
  let at = from
  while (at < end && text.charCodeAt(at) === space) at++
  return at
}

const trimSpaces = (text: string): string => {
  let end = text.length
  while (text.charCodeAt(end - 1) === space) end--
  return text.slice(0, end)
}

const [feed, space, hash, dash, comma, bar] = [0x0a, 0x20, 0x23, 0x2d, 0x2c, 0x7c]
const [doubleQuote, singleQuote, openSquare, closeSquare, openCurly, closeCurly] = [0x22, 0x27, 0x5b, 0x5d, 0x7b, 0x7d]
