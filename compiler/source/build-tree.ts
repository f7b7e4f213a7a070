import { isAlias, isMap, isScalar, isSeq, type Alias, type Pair, type Scalar, type YAMLMap, type YAMLSeq } from "yaml"
import { diagnose } from "../diagnostics/diagnose.ts"
import { mostTold } from "../diagnostics/bound.ts"
import type { Diagnostic } from "../diagnostics/diagnostic.ts"
import type { Span } from "../diagnostics/span.ts"
import { limits } from "./limits.ts"
import { mergeEntries } from "./merge-entries.ts"
import type { ListNode, MapEntry, MapNode, NullNode, ScalarStyle, YamlNode } from "./model.ts"
import { ScalarNode } from "./scalar-node.ts"

export interface BuiltTree {
  readonly root?: YamlNode
  readonly diagnostics: ReadonlyArray<Diagnostic>
}

/** The tree of a document's contents (`unknown`: what the library composed), or only diagnostics when a bound is passed. */
export const buildTree = (file: string, text: string, contents: unknown): BuiltTree => {
  const builder = new TreeBuilder(file, text)
  const root = builder.build(contents, 0)
  return builder.overLimit ? { diagnostics: builder.diagnostics } : { root, diagnostics: builder.diagnostics }
}

class TreeBuilder {
  readonly diagnostics: Array<Diagnostic> = []
  overLimit = false
  readonly #file: string
  readonly #text: string
  /** the last node of each anchor so far, which is what an alias means; `undefined` while the node is still being built */
  readonly #anchors = new Map<string, YamlNode | undefined>()
  /** nodes under each anchored node, itself included, aliases counted in full */
  readonly #weights = new Map<YamlNode, number>()
  #built = 0
  #aliased = 0

  constructor(file: string, text: string) {
    this.#file = file
    this.#text = text
  }

  build(node: unknown, depth: number): YamlNode {
    if (isAlias(node)) return this.#alias(node)
    const anchor = isScalar(node) || isMap(node) || isSeq(node) ? node.anchor : undefined
    const before = this.#built + this.#aliased
    if (anchor !== undefined) this.#anchors.set(anchor, undefined)
    const built = this.#node(node, depth)
    this.#built++
    if (anchor !== undefined) {
      this.#anchors.set(anchor, built)
      this.#weights.set(built, this.#built + this.#aliased - before)
    }
    return built
  }

  #node(node: unknown, depth: number): YamlNode {
    if (depth > limits.depth) return this.#tooMuch(node, "levels of nesting", limits.depth)
    if (isMap(node)) return this.#map(node, depth)
    if (isSeq(node)) return this.#list(node, depth)
    return isScalar(node) ? this.#scalar(node) : this.#null(node, "")
  }

  #alias(alias: Alias): YamlNode {
    const target = this.#anchors.get(alias.source)
    if (target === undefined) {
      const report = this.#anchors.has(alias.source) ? "yaml-syntax:cyclic-anchor" : "yaml-syntax:unknown-anchor"
      this.diagnostics.push(diagnose(report, this.#span(alias), { name: alias.source }))
      return this.#null(alias, "")
    }
    this.#aliased += this.#weights.get(target) ?? 1
    if (this.#aliased > limits.aliased) return this.#tooMuch(alias, "values through aliases", limits.aliased)
    return target
  }

  #map(node: YAMLMap, depth: number): MapNode {
    const entries = new Map<string, MapEntry>()
    const merges: Array<{ readonly key: Span; readonly value: YamlNode }> = []
    for (const pair of node.items) {
      const key = this.#key(pair, depth)
      const told = this.diagnostics.length
      const value = this.build(pair.value, depth + 1)
      if (key === undefined) continue
      if (key.merges) {
        // an alias of nothing has been told
        if (value.kind === "null" && this.diagnostics.length > told) continue
        const [first] = merges
        if (first !== undefined) this.#duplicate("<<", key.span, first.key, { help: "one key merges several maps: <<: [*a, *b]" })
        merges.push({ key: key.span, value })
        continue
      }
      const earlier = entries.get(key.name)
      if (earlier === undefined) entries.set(key.name, { name: key.name, key: key.span, value, merged: false })
      else this.#duplicate(key.name, key.span, earlier.key)
    }
    for (const { key, value } of merges) {
      const { added, problems } = mergeEntries(entries, key, value)
      this.#aliased += added
      for (const each of problems) this.diagnostics.push(each)
    }
    if (this.#aliased > limits.aliased) this.#tooMuch(node, "values through merge keys", limits.aliased)
    return { kind: "map", ...this.#extent(node), entries: [...entries.values()] }
  }

  #key(pair: Pair, depth: number): { readonly name: string; readonly span: Span; readonly merges: boolean } | undefined {
    const key = this.build(pair.key, depth + 1)
    const span = isAlias(pair.key) ? this.#span(pair.key) : key.span
    if (key.kind === "map" || key.kind === "list") {
      this.diagnostics.push(diagnose("yaml-syntax:complex-key", span, { found: key.kind }))
      return undefined
    }
    return { name: key.text, span, merges: key.kind === "scalar" && key.style === "plain" && key.text === "<<" }
  }

  #duplicate(name: string, span: Span, earlier: Span, more: { readonly help?: string } = {}): void {
    if (this.diagnostics.length > mostTold) return
    this.diagnostics.push(diagnose("duplicate-key", span, { key: name }, { related: [{ span: earlier, message: "first written here" }], ...more }))
  }

  #list(node: YAMLSeq, depth: number): ListNode {
    return { kind: "list", ...this.#extent(node), items: node.items.map((item) => this.build(item, depth + 1)) }
  }

  #scalar(node: Scalar): YamlNode {
    const { value, source } = node
    const span = this.#span(node)
    if (value === null) return this.#null(node, source ?? "")
    const known = typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : (source ?? "")
    return new ScalarNode(this.#text, span, styles[node.type ?? "PLAIN"] ?? "plain", source ?? String(known), known)
  }

  /** An absent value is given its place by the library after white space, perhaps lines later: move back to the key. */
  #null(node: unknown, text: string): NullNode {
    const span = this.#span(node)
    if (text !== "" || span.end > span.start) return { kind: "null", text, span }
    let at = span.start
    while (at > 0 && /\s/.test(this.#text.charAt(at - 1))) at--
    return { kind: "null", text, span: { file: this.#file, start: at, end: at } }
  }

  #tooMuch(node: unknown, what: string, limit: number): NullNode {
    if (!this.overLimit) this.diagnostics.push(diagnose("limit-exceeded:beyond", this.#span(node), { what, limit }))
    this.overLimit = true
    return { kind: "null", text: "", span: this.#span(node) }
  }

  #extent(node: YAMLMap | YAMLSeq): { readonly span: Span; readonly content: Span; readonly flow: boolean } {
    const span = this.#span(node)
    const flow = node.flow === true
    return { span, flow, content: flow ? this.#inside(span) : span }
  }

  /** Between the brackets, without the white space along them. */
  #inside(span: Span): Span {
    let { start, end } = span
    start++
    end--
    while (start < end && /\s/.test(this.#text.charAt(start))) start++
    while (end > start && /\s/.test(this.#text.charAt(end - 1))) end--
    return { file: span.file, start, end }
  }

  #span(node: unknown): Span {
    const range = isAlias(node) || isScalar(node) || isMap(node) || isSeq(node) ? node.range : undefined
    return { file: this.#file, start: range?.[0] ?? 0, end: range?.[1] ?? 0 }
  }
}

const styles: Readonly<Record<string, ScalarStyle>> = {
  PLAIN: "plain",
  QUOTE_SINGLE: "single",
  QUOTE_DOUBLE: "double",
  BLOCK_LITERAL: "literal",
  BLOCK_FOLDED: "folded",
}
