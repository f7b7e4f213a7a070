import { didYouMean, diagnose, mostTold, quotedList, suggest, type Diagnostic, type Report, type Params, type More, type Span } from "../diagnostics/index.ts"
import type { MapEntry, MapNode, YamlNode } from "../source/model.ts"

/** Reads the value of one key; undefined when it is not what it should be, which it has then reported. */
export type Reader<T> = (entry: MapEntry, problems: Problems) => T | undefined

/** Where the problems of a document go. */
export class Problems {
  readonly list: Array<Diagnostic> = []
  /** how many were reported, told or not */
  count = 0
  readonly #said = new Set<string>()

  /**
   * Past what is told of a fleet nothing is kept: all problems of a document are errors, so what is dropped changes no verdict. What an
   * alias brings to many places is one problem.
   */
  report<R extends Report>(report: R, span: Span, params: Params<R>, more?: More): undefined {
    this.count++
    if (this.list.length > mostTold) return undefined
    const found = diagnose(report, span, params, more)
    const key = `${found.code} ${span.start} ${span.end} ${found.message}`
    if (!this.#said.has(key)) this.list.push(found)
    this.#said.add(key)
    return undefined
  }

  wrongType(entry: MapEntry, expected: string, node: YamlNode = entry.value): undefined {
    const empty = node.kind === "null" && node.text === ""
    const more = empty ? { help: `give "${entry.name}" a value or remove the key` } : {}
    return this.report("wrong-type", empty && node === entry.value ? entry.key : node.span, { key: entry.name, expected, found: kindOf(node) }, more)
  }
}

/** What a reader of the file would call a value. */
export const kindOf = (node: YamlNode): string => {
  if (node.kind === "null") return node.text === "" ? "nothing" : "null"
  if (node.kind !== "scalar") return `a ${node.kind}`
  return typeof node.value === "string" ? "text" : `a ${typeof node.value}`
}

/** A map whose keys are words of the language. Keys are read by name; what nobody asked for is unknown. */
export class Section {
  readonly title: string
  readonly map: MapNode
  readonly problems: Problems
  readonly #known: ReadonlyArray<string>
  readonly #entries: ReadonlyMap<string, MapEntry>

  constructor(title: string, map: MapNode, known: ReadonlyArray<string>, problems: Problems) {
    this.title = title
    this.map = map
    this.problems = problems
    this.#known = known
    this.#entries = new Map(map.entries.map((entry) => [entry.name, entry]))
  }

  /** The entry of a key; an explicit `null` is the same as an absent key. */
  entry(name: string): MapEntry | undefined {
    const entry = this.#entries.get(name)
    return entry?.value.kind === "null" && entry.value.text !== "" ? undefined : entry
  }

  read<T>(name: string, reader: Reader<T>): T | undefined {
    const entry = this.entry(name)
    return entry === undefined ? undefined : reader(entry, this.problems)
  }

  /** Entries whose key is no word of this section (`$schema` and `x-…` are nobody's business). */
  others(): ReadonlyArray<MapEntry> {
    return this.map.entries.filter(({ name }) => !this.#known.includes(name) && name !== "$schema" && !name.startsWith("x-"))
  }

  /** A key that must be there. When it is there misspelt, the unknown key has said so. */
  missing(key: string, span: Span, help?: string): undefined {
    if (this.misspelt(key)) return undefined
    return this.problems.report("missing-key", span, { section: this.title, key }, help === undefined ? {} : { help })
  }

  misspelt(key: string): boolean {
    return this.others().some(({ name }) => suggest(name, this.#known) === key)
  }

  reportUnknown(): this {
    const others = this.others()
    if (others.length === 0) return this
    const free = this.#known.filter((name) => !this.#entries.has(name))
    const expected = quotedList(this.#known)
    for (const { name, key } of others.slice(0, mostTold + 1))
      this.problems.report("unknown-key", key, { key: name, section: this.title, expected }, didYouMean(name, key, free))
    return this
  }
}

/** Opens a map, reporting unknown keys and a value that is no map. */
export const section = (title: string, entry: MapEntry, known: ReadonlyArray<string>, problems: Problems): Section | undefined =>
  entry.value.kind === "map" ? new Section(title, entry.value, known, problems).reportUnknown() : problems.wrongType(entry, "a map")

/** The object without the keys that are undefined. */
export const defined = <T extends object>(
  object: T,
): { readonly [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  readonly [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>
} => {
  const kept: { [key: string]: unknown } = {}
  for (const key of Object.keys(object)) {
    const value = object[key as keyof T]
    if (value !== undefined) kept[key] = value
  }
  return kept as never
}
