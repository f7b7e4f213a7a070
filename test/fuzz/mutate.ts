/** Texts that nobody would write: pieces of fleets cut, doubled, swapped and strewn with the words of YAML and of the rules. */

/** A generator of numbers in [0, 1) from a seed, so that every failure can be had again (mulberry32). */
export const randomFrom = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const yamlPieces = [
  ": ",
  "- ",
  "? ",
  "\n",
  "\n  ",
  "\n    ",
  "\n\t",
  " #",
  "|",
  ">",
  "|-\n",
  ">+2\n",
  "'",
  '"',
  "[",
  "]",
  "{",
  "}",
  ",",
  "&a ",
  "*a",
  "<<: *a",
  "!!str ",
  "!x ",
  "---\n",
  "...\n",
  "%YAML 1.2\n",
  "\r\n",
  "\ufeff",
  "\u0085",
  "\u2028",
  "é",
  "😀",
  "\ud800",
  "\0",
  "~",
  "null",
  "true",
  "0x1F",
  "1e999",
  "-.inf",
  ".nan",
  "1_000",
  "2026-01-01",
  "fleet:",
  "sessions:",
  "routes: |\n",
  "output:",
  "inputs:",
  "driver: shell",
]
const rulePieces = [
  "on ",
  "let ",
  " = ",
  ".done",
  ".failed(timeout)",
  ".output",
  "all(",
  "any(",
  "race(",
  "2 of (",
  "each(",
  ")",
  "[",
  "]",
  "{",
  "}",
  " -> ",
  " when ",
  "otherwise",
  " with ",
  '"',
  '"""',
  "${",
  "}",
  " max 3",
  " then ",
  "for x in ",
  " limit 2",
  "gate g ",
  " within 5m",
  "cancel others",
  "complete",
  "fail ",
  "use p ",
  "select",
  "every(1s)",
  "fleet.started",
  "budget.reached(80%)",
  " matches /(a+)+b/",
  " ?? ",
  "?.",
  "[0]",
  " and ",
  " not ",
  "-",
  "*",
  "$1.50",
  "30s",
  "80%",
  "null",
  "#",
  "\\u{1F600}",
  "\\",
  ";",
  ",",
  "..",
  "@",
  "len(",
  "from_json(",
]

const sizes = [1, 2, 4, 8, 32, 128]

/** One to eight changes to `text`; `other` is a text to take pieces from. */
export const mutate = (text: string, other: string, random: () => number): string => {
  const below = (limit: number): number => Math.floor(random() * limit)
  const pick = <A>(all: ReadonlyArray<A>, fallback: A): A => all[below(all.length)] ?? fallback
  const slice = (of: string): string => {
    const start = below(of.length + 1)
    return of.slice(start, start + pick(sizes, 1))
  }
  let result = text
  for (let change = 1 + below(8); change > 0; change--) {
    const at = below(result.length + 1)
    const size = pick(sizes, 1)
    const [before, after] = [result.slice(0, at), result.slice(at)]
    switch (below(8)) {
      case 0:
        result = before + after.slice(size)
        break
      case 1:
        result = before + pick(yamlPieces, "") + after
        break
      case 2:
        result = before + pick(rulePieces, "") + after
        break
      case 3:
        result = before + slice(result) + after
        break
      case 4:
        result = before + slice(other) + after
        break
      case 5:
        result = before + String.fromCharCode(below(random() < 0.9 ? 128 : 65_536)) + after.slice(1)
        break
      case 6:
        result = before + slice(other).repeat(1 + below(40)) + after
        break
      default:
        result = swapLines(result, below, random)
    }
  }
  return result.slice(0, 20_000)
}

const swapLines = (text: string, below: (limit: number) => number, random: () => number): string => {
  const lines = text.split("\n")
  const [one, other] = [below(lines.length), below(lines.length)]
  const [first = "", second = ""] = [lines[one], lines[other]]
  lines[one] = random() < 0.5 ? second : `  ${first}`
  lines[other] = first
  return lines.join("\n")
}
