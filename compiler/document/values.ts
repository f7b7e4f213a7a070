import { didYouMean, quotedList } from "../diagnostics/index.ts"
import { parseDuration } from "../routes/literals.ts"
import type { MapEntry, ScalarNode, YamlNode } from "../source/model.ts"
import type { Spanned } from "./model.ts"
import type { Problems, Reader } from "./section.ts"

/** A scalar that is text; numbers and booleans are not, unless quoted. */
export const textNode: Reader<ScalarNode> = (entry, problems) => {
  const { value } = entry
  return value.kind === "scalar" && typeof value.value === "string" ? value : problems.wrongType(entry, "text")
}

export const text: Reader<Spanned<string>> = (entry, problems) => {
  const node = textNode(entry, problems)
  return node && { value: node.text, span: node.span }
}

export const nonEmptyText =
  (what: string): Reader<Spanned<string>> =>
  (entry, problems) => {
    const read = text(entry, problems)
    if (read === undefined || read.value.trim() !== "") return read
    return problems.report("invalid-value", read.span, { what, value: read.value, expected: "some text" })
  }

/** A scalar taken as it is written: names may look like numbers (`start: 1`). */
export const word: Reader<Spanned<string>> = (entry, problems) => wordOf(entry, entry.value, problems)

const wordOf = (entry: MapEntry, node: YamlNode, problems: Problems): Spanned<string> | undefined =>
  node.kind === "scalar" ? { value: node.text, span: node.span } : problems.wrongType(entry, "text", node)

export const matching =
  (what: string, pattern: RegExp, expected: string): Reader<Spanned<string>> =>
  (entry, problems) => {
    const read = word(entry, problems)
    if (read === undefined || pattern.test(read.value)) return read
    return problems.report("invalid-value", read.span, { what, value: read.value, expected })
  }

export const gitRefForm = /^(?!-)(?!.*\.\.)[A-Za-z0-9_./-]+$/

export const gitRef: Reader<Spanned<string>> = matching("git ref", gitRefForm, 'letters, digits, "_", ".", "/" and "-", without ".." and not starting with "-"')

export const id = (what: string): Reader<Spanned<string>> =>
  matching(what, /^[A-Za-z0-9_][A-Za-z0-9_-]*$/, 'letters, digits, "_" and "-", not starting with "-"')

export const oneOf =
  <const T extends string>(what: string, legal: ReadonlyArray<T>): Reader<Spanned<T>> =>
  (entry, problems) => {
    const read = entry.value.kind === "scalar" ? word(entry, problems) : problems.wrongType(entry, `one of ${quotedList(legal, true)}`)
    if (read === undefined) return undefined
    const found = legal.find((name) => name === read.value)
    if (found !== undefined) return { value: found, span: read.span }
    return problems.report("invalid-value", read.span, { what, value: read.value, expected: quotedList(legal, true) }, didYouMean(read.value, read.span, legal))
  }

export const boolean: Reader<Spanned<boolean>> = (entry, problems) => {
  const { value } = entry
  return value.kind === "scalar" && typeof value.value === "boolean" ? { value: value.value, span: value.span } : problems.wrongType(entry, "true or false")
}

/** A finite number from `least` on; `whole` refuses fractions. */
export const number =
  (least: number, whole: boolean): Reader<Spanned<number>> =>
  (entry, problems) => {
    const node = entry.value
    const expected = `a${whole ? " whole" : ""} number`
    if (node.kind !== "scalar" || typeof node.value !== "number") return problems.wrongType(entry, expected)
    const fits =
      Number.isFinite(node.value) && node.value >= least && Math.abs(node.value) <= Number.MAX_SAFE_INTEGER && (!whole || Number.isInteger(node.value))
    if (fits) return { value: node.value, span: node.span }
    const from = Number.isFinite(least) ? `, at least ${least}` : ""
    return problems.report("invalid-value", node.span, { what: `"${entry.name}"`, value: node.text, expected: `${expected}${from}` })
  }

export const count = number(1, true)
export const integer = number(-Infinity, true)

/** Dollars: a number, or the DSL's `$1.50`. */
export const money: Reader<Spanned<number>> = (entry, problems) => {
  const node = entry.value
  if (node.kind === "scalar" && typeof node.value === "string") {
    const dollars = /^\$(\d+(?:\.\d+)?)$/.exec(node.text)
    if (dollars === null) return problems.wrongType(entry, "an amount in dollars such as 1.50")
    return { value: Number(dollars[1]), span: node.span }
  }
  return number(0, false)(entry, problems)
}

/** Milliseconds. A bare number has no unit and is refused, with what it would be in seconds as help. */
export const duration: Reader<Spanned<number>> = (entry, problems) => {
  const node = entry.value
  const expected = "a duration such as 30s, 5m, 2h, 100ms or 1d"
  if (node.kind !== "scalar" || typeof node.value === "boolean") return problems.wrongType(entry, expected)
  if (typeof node.value === "number")
    return problems.report(
      "invalid-value",
      node.span,
      { what: "duration", value: node.text, expected },
      { help: `a duration needs a unit, e.g. ${node.text}s` },
    )
  const ms = parseDuration(node.text)
  return ms === undefined ? problems.report("invalid-value", node.span, { what: "duration", value: node.text, expected }) : { value: ms, span: node.span }
}

/** A duration that is no time limit when it is 0. */
export const timeLimit: Reader<Spanned<number>> = (entry, problems) => {
  const read = duration(entry, problems)
  if (read?.value !== 0) return read
  return problems.report(
    "invalid-value",
    read.span,
    { what: "duration", value: entry.value.kind === "scalar" ? entry.value.text : "0s", expected: "a time above 0" },
    { help: "leave it out where there is to be no limit" },
  )
}

/** A list, each item read as if it stood alone under the key; items that are wrong are reported and left out. */
export const listOf =
  <T>(item: Reader<T>): Reader<ReadonlyArray<T>> =>
  (entry, problems) => {
    if (entry.value.kind !== "list") return problems.wrongType(entry, "a list")
    return items(entry, entry.value.items, item, problems)
  }

/** A list, or one item. */
export const oneOrMore =
  <T>(item: Reader<T>): Reader<ReadonlyArray<T>> =>
  (entry, problems) =>
    items(entry, entry.value.kind === "list" ? entry.value.items : [entry.value], item, problems)

const items = <T>(entry: MapEntry, nodes: ReadonlyArray<YamlNode>, item: Reader<T>, problems: Problems): ReadonlyArray<T> =>
  nodes.flatMap((value) => {
    const read = item({ ...entry, value, key: value.kind === "null" && value !== entry.value ? value.span : entry.key }, problems)
    return read === undefined ? [] : [read]
  })
