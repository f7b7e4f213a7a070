/**
 * Statements that were read before: the same text, decoded and as it stands in the file, is the same tree, perhaps at another place. A tree that
 * has moved is the same object still, so that whatever is known of it stays known: the spans in it are moved. They are this memory's own, and
 * nobody outside is given one (see `detached`).
 */
import type { Span } from "../diagnostics/index.ts"
import type { KnownStatements, Let, Rule } from "../routes/index.ts"
import type { ScalarNode } from "../source/index.ts"

class Statement {
  readonly value: Let | Rule
  /** where in the file it begins */
  #at: number
  #spans: ReadonlyArray<Movable> = []

  constructor(value: Let | Rule, at: number) {
    this.value = value
    this.#at = at
  }

  moveTo(at: number): void {
    const by = at - this.#at
    if (by === 0) return
    if (this.#spans.length === 0) this.#spans = [...spansIn(this.value, new Set())]
    for (const span of this.#spans) {
      span.start += by
      span.end += by
    }
    this.#at = at
  }
}

type Movable = { -readonly [Key in keyof Span]: Span[Key] }

/** It holds the statements of the text that was read last. One that stands there twice is two. */
export class Statements {
  #before = new Map<string, Array<Statement>>()
  #now = new Map<string, Array<Statement>>()

  /** Those of a text of rules; undefined where its lines do not stand in the file as they are. */
  of(rules: ScalarNode): KnownStatements | undefined {
    if (rules.style !== "literal") return undefined
    const keyOf = (start: number, end: number): string => `${rules.written(start, end)}\n${rules.text.slice(start, end)}`
    return {
      find: (start, end) => {
        const key = keyOf(start, end)
        const known = this.#before.get(key)?.shift()
        if (known === undefined) return undefined
        known.moveTo(rules.offsetAt(start))
        this.#keep(key, known)
        return known.value
      },
      keep: (start, end, value) => this.#keep(keyOf(start, end), new Statement(value, rules.offsetAt(start))),
    }
  }

  #keep(key: string, statement: Statement): void {
    const known = this.#now.get(key)
    if (known === undefined) this.#now.set(key, [statement])
    else known.push(statement)
  }

  /** A check is over. One that did not come to read rules, since something else is wrong, forgets none. */
  turn(): void {
    if (this.#now.size === 0) return
    this.#before = this.#now
    this.#now = new Map()
  }
}

/** Each span once, however many nodes share it. */
const spansIn = (tree: object, into: Set<Movable>): ReadonlySet<Movable> => {
  if (isSpan(tree)) return into.add(tree)
  for (const part of Object.values(tree)) if (typeof part === "object" && part !== null) spansIn(part, into)
  return into
}

const isSpan = (value: object): value is Span => "end" in value && "start" in value && "file" in value
