/** Statements that were read before: the same text, decoded and as it stands in the file, is the same tree, perhaps at another place. */
import type { Span } from "../diagnostics/index.ts"
import type { KnownStatements, Let, Rule } from "../routes/index.ts"
import type { ScalarNode } from "../source/index.ts"
import { Recent } from "./recent.ts"

interface Statement {
  readonly value: Let | Rule
  /** where in the file it begins */
  readonly at: number
}

export class Statements {
  readonly #known = new Recent<string, Statement>()

  /** Those of a text of rules; undefined where its lines do not stand in the file as they are. */
  of(rules: ScalarNode): KnownStatements | undefined {
    if (rules.style !== "literal") return undefined
    const keyOf = (start: number, end: number): string => `${rules.written(start, end)}\n${rules.text.slice(start, end)}`
    return {
      find: (start, end) => {
        const key = keyOf(start, end)
        const known = this.#known.get(key)
        const at = rules.offsetAt(start)
        if (known === undefined || known.at === at) return known?.value
        const value = moved(known.value, at - known.at)
        this.#known.set(key, { value, at })
        return value
      },
      keep: (start, end, value) => this.#known.set(keyOf(start, end), { value, at: rules.offsetAt(start) }),
    }
  }

  turn(): void {
    this.#known.turn()
  }
}

/** The tree with every span in it so much further on. */
const moved = <Tree>(tree: Tree, by: number): Tree => {
  if (typeof tree !== "object" || tree === null) return tree
  // a copy is of the type of what it was made from
  if (Array.isArray(tree)) return tree.map((item: unknown) => moved(item, by)) as Tree
  if (isSpan(tree)) return { file: tree.file, start: tree.start + by, end: tree.end + by } satisfies Span as Tree
  const copy = { ...tree }
  for (const key in copy) {
    const value = copy[key]
    if (typeof value === "object") copy[key] = moved(value, by)
  }
  return copy
}

const isSpan = (value: object): value is Span => "end" in value && "start" in value && "file" in value
