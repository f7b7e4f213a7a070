/** What the named groups of a pattern are in a text: the Pike machine with places kept by each thread, so time stays bounded by size times text. */
import { holds, within } from "./match.ts"
import { compileRegex } from "./program.ts"
import { readRegex } from "./syntax.ts"

export type Groups = { readonly [name: string]: string }

type Places = { readonly [key: string]: number }

/**
 * Of the first match; undefined without one. A group that is repeated is what it was last. Lazy repetitions take as much as others. Throws a
 * `RegexRefusal` as `readRegex` does.
 */
export const namedGroups = (source: string): ((text: string) => Groups | undefined) => {
  const program = compileRegex(readRegex(source), true)

  return (text) => {
    const seen = new Int32Array(program.length).fill(-1)
    let found: Places | undefined
    let current: ReadonlyArray<readonly [index: number, places: Places]> = []
    for (let at = 0; at <= text.length; at++) {
      const waiting: Array<readonly [index: number, places: Places]> = []
      // the first thread is the one to be preferred, and a match ends all after it
      const pending: Array<readonly [index: number, places: Places]> = [...(found === undefined ? [[0, {}] as const] : []), ...current.toReversed()]
      for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
        const [index, places] = next
        const instruction = program[index]
        if (instruction === undefined || seen[index] === at) continue
        seen[index] = at
        if (instruction.op === "match") {
          found = places
          break
        }
        if (instruction.op === "unit") waiting.push(next)
        else if (instruction.op === "split") pending.push(...instruction.targets.toReversed().map((target) => [target, places] as const))
        else if (instruction.op === "save") pending.push([index + 1, { ...places, [`${instruction.name} ${instruction.end ? "end" : "start"}`]: at }])
        else if (holds(instruction.what, text, at)) pending.push([index + 1, places])
      }
      const unit = text.charCodeAt(at)
      current = waiting.flatMap(([index, places]) => {
        const instruction = program[index]
        const goesOn = instruction?.op === "unit" && at < text.length && within(instruction.ranges, unit) !== instruction.negated
        return goesOn ? [[index + 1, places] as const] : []
      })
      if (current.length === 0 && found !== undefined) break
    }
    return found === undefined ? undefined : groupsOf(found, text)
  }
}

const groupsOf = (places: Places, text: string): Groups =>
  Object.fromEntries(
    Object.entries(places).flatMap(([key, end]) => {
      const [name = "", which] = key.split(" ")
      const start = places[`${name} start`]
      return which === "end" && start !== undefined ? [[name, text.slice(start, end)]] : []
    }),
  )
