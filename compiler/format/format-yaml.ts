/**
 * YAML in one canonical layout: two spaces of indentation, no trailing white space, at most one blank line. The library lays out maps, lists
 * and comments; every scalar is put back exactly as it was written, only moved, so that no number, quote or line of a prompt changes.
 */
import {
  isCollection,
  isMap,
  isPair,
  isScalar,
  isSeq,
  parseDocument,
  visit,
  type Document,
  type Scalar,
  type ScalarTag,
  type YAMLMap,
  type YAMLSeq,
} from "yaml"

/** A flow map or list longer than this is broken into lines. */
const width = 120

/** A scalar's own text in place of its value: `header` for block scalars (`|-`), lines without their indentation. */
class Verbatim {
  readonly header: string | undefined
  readonly lines: ReadonlyArray<string>
  /** a block that keeps its last newlines */
  readonly keeps: boolean

  constructor(lines: ReadonlyArray<string>, header?: string, keeps = false) {
    this.lines = lines
    this.header = header
    this.keeps = keeps
  }
}

const verbatim: ScalarTag = {
  tag: "tag:fleetwright,2026:verbatim",
  default: true,
  identify: (value) => value instanceof Verbatim,
  resolve: (text) => text,
  stringify: (item, ctx, onComment, onChompKeep) => {
    if (!(item.value instanceof Verbatim)) return ""
    const { header, lines, keeps } = item.value
    const inner = ctx.indent === "" && header !== undefined ? "  " : ctx.indent
    const [first = "", ...rest] = lines
    const indented = (line: string): string => (line === "" ? "" : inner + line)
    if (header === undefined) return [first, ...rest.map(indented)].join("\n")
    const comment = item.comment === undefined || item.comment === null ? "" : ` #${item.comment.replace(/ ?[\r\n]+/g, " ")}`
    if (comment !== "") onComment?.()
    if (keeps) onChompKeep?.()
    return [`${header}${comment}`, ...lines.map(indented)].join("\n")
  },
}

/** Some comments settle only on the second or third pass; a layout that never settles is none. */
const passes = 4

/**
 * The formatted text; undefined when the layout cannot keep every comment or value, which leaves the file as it is. `text` must be one
 * well-formed document with `\n` line ends. `replace` gives the new content of a literal block by the offset of its first character.
 */
export const formatYaml = (text: string, replace: (offset: number) => string | undefined): string | undefined => {
  let formatted = once(text, replace)
  for (let pass = 1; pass < passes && formatted !== undefined; pass++) {
    const again = once(formatted, () => undefined)
    if (again === formatted) return formatted
    formatted = again
  }
  return undefined
}

const once = (text: string, replace: (offset: number) => string | undefined): string | undefined => {
  const document = read(text)
  const before = comments(document)
  visit(document, {
    Scalar: (_, node) => {
      const content = node.type === "BLOCK_LITERAL" && node.range ? replace(node.range[0]) : undefined
      if (content !== undefined) node.value = content
    },
  })
  const values = plain(document)
  visit(document, {
    Scalar: (_, node) => {
      if (node.tag !== undefined || !node.range) return
      const written = asWritten(text, node)
      if (written !== undefined) node.value = written
    },
    Collection: (_, node) => pad(node),
  })
  const formatted = document.toString({ lineWidth: width, indent: 2, flowCollectionPadding: true, verifyAliasOrder: false })
  const again = read(formatted)
  const same = again.errors.length === 0 && plain(again) === values && comments(again) === before
  return same ? formatted : undefined
}

/** `{ a: 1 }`, but `[a, b]`: the library knows one padding for both. */
const pad = (node: YAMLMap | YAMLSeq): void => {
  const print = node.toString.bind(node) as (ctx?: StringifyContext, ...more: ReadonlyArray<unknown>) => string
  const padding = isMap(node) ? " " : ""
  node.toString = (ctx?: StringifyContext, ...more: ReadonlyArray<unknown>) => print(ctx && { ...ctx, flowCollectionPadding: padding }, ...more)
}

type StringifyContext = Parameters<YAMLMap["toString"]>[0]

const read = (text: string): Document.Parsed =>
  parseDocument(text, { customTags: (tags) => [verbatim, ...tags], prettyErrors: false, uniqueKeys: false, merge: false, keepSourceTokens: true })

const asWritten = (text: string, node: Scalar): Verbatim | undefined => {
  const source = text.slice(node.range![0], node.range![1])
  if (node.type === "BLOCK_LITERAL" || node.type === "BLOCK_FOLDED") return block(source, node)
  if (source === "") return undefined
  return new Verbatim(source.split("\n").map((line, index) => (index === 0 ? line.trimEnd() : line.trim())))
}

/** `|` and `>` with their lines. What indentation a block had is what its first line with text has beyond what belongs to the value. */
const block = (source: string, node: Scalar): Verbatim => {
  const value = String(node.value)
  const chomp = /^[|>](?:\d?([+-])|([+-])\d?)?/.exec(source)
  const chomping = chomp?.[1] ?? chomp?.[2] ?? ""
  const literal = node.type === "BLOCK_LITERAL"
  const own = literal ? value.replace(/\n+$/, "").split("\n") : foldedLines(source, value)
  const lines = own.length === 1 && own[0] === "" ? [] : own
  const extra = chomping === "+" ? (/\n*$/.exec(value)?.[0].length ?? 0) - (lines.length === 0 ? 0 : 1) : 0
  const starts = lines.find((line) => line.trim() !== "") ?? ""
  const indicator = /^[ \t]/.test(starts) || (lines[0] === "" && starts === "") ? "2" : ""
  return new Verbatim([...lines, ...Array<string>(Math.max(0, extra)).fill("")], `${literal ? "|" : ">"}${indicator}${chomping}`, chomping === "+")
}

const foldedLines = (source: string, value: string): ReadonlyArray<string> => {
  const lines = source.split("\n").slice(1)
  const first = lines.find((line) => line.trim() !== "") ?? ""
  const own = /^[ \t]*/.exec(value.replace(/^\n+/, ""))?.[0].length ?? 0
  const indentation = Math.max(0, first.length - first.trimStart().length - own)
  const body = lines.map((line) => line.slice(Math.min(indentation, line.length - line.trimStart().length)))
  while (body.length > 0 && body.at(-1)?.trim() === "") body.pop()
  return body
}

/** The values as text to compare; aliases stay what they are, so that no bomb goes off. */
const plain = (document: Document): string =>
  JSON.stringify(document.contents, (_, node: unknown) => {
    if (isPair(node)) return [node.key, node.value]
    if (isMap(node) || isSeq(node)) return { kind: isMap(node) ? "map" : "list", anchor: node.anchor, tag: node.tag, items: node.items }
    if (isScalar(node)) return { anchor: node.anchor, tag: node.tag, value: node.value }
    return node
  })

/** Every comment, sorted: the layout may attach one to another node, never lose it. */
const comments = (document: Document): string => {
  const all: Array<string> = []
  const take = (...texts: ReadonlyArray<string | null | undefined>) => {
    for (const text of texts)
      if (text !== null && text !== undefined)
        all.push(
          ...text
            .split("\n")
            .map((line) => line.trim())
            .filter((line) => line !== ""),
        )
  }
  take(document.commentBefore, document.comment)
  visit(document, {
    Node: (_, node) => take(node.commentBefore, isCollection(node) || isScalar(node) ? node.comment : undefined),
  })
  return all.sort().join("\n")
}
