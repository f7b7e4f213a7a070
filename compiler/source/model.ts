/**
 * The YAML of one file as a tree in which every node knows where its text stands. Aliases are resolved: an alias is the very node
 * it names, so the tree is a DAG and a span always points at the text that decides. Merge keys (`<<`) are entries marked `merged`.
 */
import type { Span } from "../diagnostics/span.ts"
import type { ScalarNode } from "./scalar-node.ts"

export type { ScalarNode } from "./scalar-node.ts"

export type ScalarStyle = "plain" | "single" | "double" | "literal" | "folded"

export type YamlNode = ScalarNode | NullNode | MapNode | ListNode

/** An absent value (`key:`), `~` or `null`; `text` is what was written. An absent one has an empty span right after its key. */
export interface NullNode {
  readonly kind: "null"
  readonly text: string
  readonly span: Span
}

export interface MapEntry {
  /** decoded key text, exactly as a reader sees it (`1`, `on`, `a b`) */
  readonly name: string
  readonly key: Span
  readonly value: YamlNode
  /** came in by a merge key; the key's span is where it was written first */
  readonly merged: boolean
}

/** `span` is what stands between the first key and the end of the last value; for flow style the braces are outside of `content`. */
export interface MapNode {
  readonly kind: "map"
  readonly span: Span
  readonly content: Span
  readonly flow: boolean
  /** one entry per name, in file order, own entries before merged ones; of duplicates the first stays */
  readonly entries: ReadonlyArray<MapEntry>
}

export interface ListNode {
  readonly kind: "list"
  readonly span: Span
  readonly content: Span
  readonly flow: boolean
  readonly items: ReadonlyArray<YamlNode>
}

export interface SourceTree {
  readonly file: string
  readonly text: string
  /** absent when the text is not one readable YAML document: then nothing after this stage can say anything useful */
  readonly root?: YamlNode
}
