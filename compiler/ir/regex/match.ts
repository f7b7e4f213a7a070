/** Runs a pattern over a text in one pass, all alternatives side by side (Pike): time is bounded by pattern size times text length. */
import { compileRegex, type Instruction } from "./program.ts"
import { readRegex, RegexRefusal, word, type Ranges } from "./syntax.ts"

export const within = (ranges: Ranges, unit: number): boolean => ranges.some(([from, to]) => unit >= from && unit <= to)
const isWord = (text: string, at: number): boolean => at >= 0 && at < text.length && within(word, text.charCodeAt(at))

export const holds = (what: "start" | "end" | "boundary" | "inside", text: string, at: number): boolean => {
  if (what === "start") return at === 0
  if (what === "end") return at === text.length
  return (isWord(text, at - 1) !== isWord(text, at)) === (what === "boundary")
}

/** Everything that is part of some match, as ranges that do not touch. A state reached twice keeps the earlier start, so a match is never cut short. */
const cover = (program: ReadonlyArray<Instruction>, text: string): ReadonlyArray<readonly [start: number, end: number]> => {
  const found: Array<readonly [number, number]> = []
  const starts = new Int32Array(program.length)
  const seen = new Int32Array(program.length).fill(-1)
  let current: Array<readonly [index: number, start: number]> = []
  for (let at = 0; at <= text.length; at++) {
    // threads stand in the order of their starts: a new attempt comes last
    const roots = [...current, [0, at] as const]
    const waiting: Array<number> = []
    for (const [root, start] of roots) {
      const pending = [root]
      while (pending.length > 0) {
        const index = pending.pop()!
        if (seen[index] === at) continue
        seen[index] = at
        starts[index] = start
        const instruction = program[index]!
        if (instruction.op === "match") {
          if (at > start) found.push([start, at])
        } else if (instruction.op === "unit") waiting.push(index)
        else if (instruction.op === "split") pending.push(...instruction.targets)
        else if (instruction.op === "assert" && holds(instruction.what, text, at)) pending.push(index + 1)
      }
    }
    if (at === text.length) break
    const unit = text.charCodeAt(at)
    current = []
    for (const index of waiting) {
      const instruction = program[index]!
      if (instruction.op === "unit" && within(instruction.ranges, unit) !== instruction.negated) current.push([index + 1, starts[index]!])
    }
  }
  return merged(found)
}

const merged = (ranges: ReadonlyArray<readonly [number, number]>): ReadonlyArray<readonly [number, number]> => {
  const result: Array<readonly [number, number]> = []
  for (const [start, end] of ranges.toSorted(([a], [b]) => a - b)) {
    const last = result.at(-1)
    if (last !== undefined && start <= last[1]) result[result.length - 1] = [last[0], Math.max(last[1], end)]
    else result.push([start, end])
  }
  return result
}

/** Whether some part of the text matches. */
export const run = (program: ReadonlyArray<Instruction>, text: string): boolean => {
  const seen = new Int32Array(program.length).fill(-1)
  let current: Array<number> = []
  for (let at = 0; at <= text.length; at++) {
    // unanchored: a new attempt starts at every position
    const pending = [...current.toReversed()]
    pending.unshift(0)
    const waiting: Array<number> = []
    while (pending.length > 0) {
      const index = pending.pop()!
      if (seen[index] === at) continue
      seen[index] = at
      const instruction = program[index]!
      if (instruction.op === "match") return true
      if (instruction.op === "unit") waiting.push(index)
      else if (instruction.op === "split") pending.push(...instruction.targets)
      else if (instruction.op === "assert" && holds(instruction.what, text, at)) pending.push(index + 1)
    }
    if (at === text.length) return false
    const unit = text.charCodeAt(at)
    current = []
    for (const index of waiting) {
      const instruction = program[index]!
      if (instruction.op === "unit" && within(instruction.ranges, unit) !== instruction.negated) current.push(index + 1)
    }
  }
  return false
}

export type Pattern =
  | {
      readonly ok: true
      readonly size: number
      readonly test: (text: string) => boolean
      /** What matches, as ranges in order that do not touch; matches that overlap or touch are one. */
      readonly ranges: (text: string) => ReadonlyArray<readonly [start: number, end: number]>
    }
  | { readonly ok: false; readonly message: string }

/** A pattern ready to run, or why it cannot be. `size` times the text's length bounds the work. */
export const pattern = (source: string): Pattern => {
  try {
    const program = compileRegex(readRegex(source))
    return { ok: true, size: program.length, test: (text) => run(program, text), ranges: (text) => cover(program, text) }
  } catch (refusal) {
    if (refusal instanceof RegexRefusal) return { ok: false, message: refusal.message }
    throw refusal
  }
}
