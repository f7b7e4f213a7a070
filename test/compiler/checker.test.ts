/** A check with a memory says what a check without one says, whatever was edited before. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { generateFleet } from "../../bench/generate-fleet.ts"
import { checker, checkFleet, type CompileRequest, type FleetCheck } from "../../compiler/index.ts"
import { seeds } from "../fuzz/seeds.ts"

const requestOf = (text: string): CompileRequest => ({ file: "fleet.yaml", text, files: () => undefined })

/** With what is only made when it is asked for. */
const told = ({ diagnostics, sources }: FleetCheck): unknown => [diagnostics.map((each) => ({ ...each, replay: each.replay?.() })), sources]

const quoted = `fleet:
  base_branch: main
  budget: { usd: 9 }
  sessions:
    a: { driver: claude, output: { verdict: approve | changes, tasks: [string] } }
    b: { driver: claude, output: { verdict: approve | changes, tasks: [string] } }
    c: { driver: claude, output: { type: object, properties: { v: { type: string } } } }
  start: a
  routes:
    - "on a.done -> b # said\\n"
    - |
      on b.done {
        when b.output.verdict == "approve" -> c
        otherwise -> a max 2
      }
      on b.failed -> notify """
        oh: \${b.error.message}
        """
    - >
      on c.failed
      -> c max 1
`
const texts = [...seeds().filter((text) => text.length < 4000), quoted, quoted.replaceAll("\n", "\r\n"), generateFleet(5), generateFleet(13)]

/** One edit of somebody who writes a fleet: where, in thousandths of the text, what, and how. */
const edit = fc.record({
  at: fc.integer({ min: 0, max: 999 }),
  how: fc.constantFrom("type", "type", "erase", "double a line", "drop a line", "swap lines", "indent", "undo"),
  what: fc.constantFrom(
    "x",
    " ",
    "\n",
    "#",
    '"',
    "}",
    "->",
    ".done",
    "\n    on a.done -> b\n",
    '"""',
    "output: ",
    "🙂",
    " max 3",
    "# fleet-ignore dead-route: x\n",
    "on ",
  ),
})

const apply = (text: string, before: string, { at, how, what }: typeof edit extends fc.Arbitrary<infer Edit> ? Edit : never): string => {
  const place = Math.floor((text.length * at) / 1000)
  const lines = text.split("\n")
  const line = Math.floor((lines.length * at) / 1000)
  switch (how) {
    case "type":
      return text.slice(0, place) + what + text.slice(place)
    case "erase":
      return text.slice(0, place) + text.slice(place + what.length)
    case "double a line":
      return lines.toSpliced(line, 0, lines[line] ?? "").join("\n")
    case "drop a line":
      return lines.toSpliced(line, 1).join("\n")
    case "swap lines":
      return lines.toSpliced(line, 2, lines[line + 1] ?? "", lines[line] ?? "").join("\n")
    case "indent":
      return lines.map((each, number) => (number >= line && each !== "" ? ` ${each}` : each)).join("\n")
    default:
      return before
  }
}

describe("a checker", () => {
  it("says after any edits what a fresh one says", () => {
    fc.assert(
      fc.property(fc.nat(texts.length - 1), fc.array(edit, { minLength: 2, maxLength: 12 }), (number, edits) => {
        const check = checker()
        let [before, text] = ["", texts[number] ?? ""]
        for (const each of edits) {
          expect(told(check(requestOf(text)))).toEqual(told(checkFleet(requestOf(text))))
          ;[before, text] = [text, apply(text, before, each)]
        }
      }),
      { numRuns: 150 },
    )
  })

  it("goes from one file to quite another", () => {
    const check = checker()
    for (const text of texts) expect(told(check(requestOf(text)))).toEqual(told(checkFleet(requestOf(text))))
  })

  it("knows a fleet whose types or guards have changed for another, in which words have not", () => {
    const fleet = (type: string, guard: string, sign = "=="): string => `fleet:
  base_branch: main
  budget: { usd: 9 }
  sessions:
    a: { driver: claude, output: { text: ${type} } }
    b: { driver: claude }
    c: { driver: claude }
    d: { driver: claude }
  start: a
  routes: |
    on a.done when a.output.text == "${guard}" -> b
    on a.done when a.output.text ${sign} "x" -> c
    on all(b.done, c.done) -> d
`
    const check = checker()
    for (const text of [
      fleet("x | y", "x"),
      fleet("x | y", "y"),
      fleet("x | y | z", "x"),
      fleet("x", "x"),
      fleet("x | y", "y"),
      fleet("x | y", "x", "!="),
      fleet("x", "x", "!="),
    ])
      expect(told(check(requestOf(text)))).toEqual(told(checkFleet(requestOf(text))))
  })

  it("is handed its own words back unchanged", () => {
    const check = checker()
    const first = check(requestOf(quoted))
    const kept = structuredClone(told(first))
    check(requestOf(`# longer\n${quoted}`))
    expect(told(first)).toEqual(kept)
  })
})
