/** Compiles a pattern to a small machine of states (Thompson), its size bounded so that a match costs at most size times text. */
import { RegexRefusal, type Ranges, type RegexNode } from "./syntax.ts"

export type Instruction =
  | { readonly op: "unit"; readonly ranges: Ranges; readonly negated: boolean }
  | { readonly op: "assert"; readonly what: "start" | "end" | "boundary" | "inside" }
  | { readonly op: "split"; readonly targets: ReadonlyArray<number> }
  /** Where a named group begins or ends. */
  | { readonly op: "save"; readonly name: string; readonly end: boolean }
  | { readonly op: "match" }

const maxInstructions = 10_000

/**
 * Each instruction goes on to the next one unless it is a split, whose first target is tried first by who looks for groups; those are in the program only
 * when `saves`. Throws a `RegexRefusal` when the program would be too large.
 */
export const compileRegex = (tree: RegexNode, saves = false): ReadonlyArray<Instruction> => {
  const program: Array<Instruction> = []
  const emit = (instruction: Instruction): number => {
    if (program.length >= maxInstructions) throw new RegexRefusal("the pattern is too large")
    return program.push(instruction) - 1
  }
  const jump = (at: number, targets: ReadonlyArray<number>): void => {
    program[at] = { op: "split", targets }
  }
  const hole = (): number => emit({ op: "split", targets: [] })

  const write = (node: RegexNode): void => {
    switch (node.kind) {
      case "unit":
        emit({ op: "unit", ranges: node.ranges, negated: node.negated })
        return
      case "assert":
        emit({ op: "assert", what: node.what })
        return
      case "group":
        if (saves) emit({ op: "save", name: node.name, end: false })
        write(node.body)
        if (saves) emit({ op: "save", name: node.name, end: true })
        return
      case "sequence":
        node.of.forEach(write)
        return
      case "choice": {
        if (node.of.length === 1) return node.of.forEach(write)
        const fork = hole()
        const starts: Array<number> = []
        const ends: Array<number> = []
        for (const branch of node.of) {
          starts.push(program.length)
          write(branch)
          ends.push(hole())
        }
        jump(fork, starts)
        for (const end of ends) jump(end, [program.length])
        return
      }
      case "repeat": {
        // an empty body emits nothing: the loop below still counts the rounds, so bound it
        const before = program.length
        for (let round = 0; round < node.min; round++) {
          write(node.body)
          if (program.length === before) return
        }
        if (node.max === Infinity) {
          const fork = hole()
          write(node.body)
          const back = hole()
          jump(back, [fork])
          jump(fork, [fork + 1, program.length])
          return
        }
        const forks: Array<number> = []
        for (let round = node.min; round < node.max; round++) {
          forks.push(hole())
          write(node.body)
        }
        for (const fork of forks) jump(fork, [fork + 1, program.length])
      }
    }
  }

  write(tree)
  emit({ op: "match" })
  return program
}
