import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { generateFleet } from "../../../bench/generate-fleet.ts"
import { KnownEntries } from "../../../compiler/source/known-entries.ts"
import { readPlain } from "../../../compiler/source/read-plain.ts"
import { readWithLibrary } from "../../../compiler/source/read-source.ts"
import type { YamlNode } from "../../../compiler/source/index.ts"

/** A node with what a scalar says in plain sight, and where its characters stand. */
const shown = (node: YamlNode): unknown => {
  if (node.kind === "map") return { ...node, entries: node.entries.map((entry) => ({ ...entry, value: shown(entry.value) })) }
  if (node.kind === "list") return { ...node, items: node.items.map(shown) }
  if (node.kind === "null") return node
  const { span, style, text, value } = node
  return { span, style, text, value, offsets: Array.from({ length: Math.min(text.length, 40) + 1 }, (_, i) => node.offsetAt(i)) }
}

const written = `# a fleet
fleet:
  name: review-loop   # said behind
  task: "Do \${inputs.x} # not a comment"
  budget: { usd: 5.00, tokens: 2000000, wall: 2h, spare: ~ }
  plugins: [ ./a.ts, 'it is', [x, {y: 1}], true, -1, 0x10, 1e3, .5 ]
  empty: []

  # about sessions
  sessions:
    lead: { command: [git, reset, --hard] }
    worker:
      output: { verdict: approve | changes, notes: string? }
      steps:
      - one
      - use: two
        with: { a: b }
      -   three words
  start: lead
  routes: |

    on lead.done -> worker with """
      text

        deeper: yes
    """ # rules
    on worker.done -> complete

  last: |-
     a
     b
x-end: no
`

const texts = [written, generateFleet(7)]
const plainTexts = texts.map((text) => text.replace(", -1, 0x10, 1e3, .5", ""))
const pieces = [
  "\n",
  " ",
  "  ",
  "#",
  " # c",
  ":",
  ": ",
  "- ",
  "-",
  "[",
  "]",
  "{",
  "}",
  ",",
  '"',
  "'",
  "|",
  "|-",
  "|+",
  ">",
  "~",
  "null",
  "1",
  "0x1",
  "1e3",
  ".5",
  "+",
  "&a ",
  "*a",
  "!t ",
  "? ",
  "a: b",
  "\n    # c\n",
  "\n\n",
  "\n  - x",
  "\n      k: v",
  "\t",
  "\r",
  "é",
  "%",
  "@",
  "---\n",
  "...\n",
  "--x",
  "<<: ",
  "  \n",
]
const change = fc.oneof(
  fc.record({ kind: fc.constant("put" as const), at: fc.double({ min: 0, max: 1, noNaN: true }), piece: fc.constantFrom(...pieces) }),
  fc.record({ kind: fc.constant("cut" as const), at: fc.double({ min: 0, max: 1, noNaN: true }), count: fc.integer({ min: 1, max: 4 }) }),
  fc.record({
    kind: fc.constant("line" as const),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    to: fc.double({ min: 0, max: 1, noNaN: true }),
    copy: fc.boolean(),
  }),
)

const changed = (text: string, one: typeof change extends fc.Arbitrary<infer C> ? C : never): string => {
  if (one.kind === "line") {
    const lines = text.split("\n")
    const from = Math.floor(one.at * (lines.length - 1))
    const [line = ""] = one.copy ? [lines[from]] : lines.splice(from, 1)
    return lines.toSpliced(Math.floor(one.to * lines.length), 0, line).join("\n")
  }
  const at = Math.floor(one.at * text.length)
  return one.kind === "put" ? text.slice(0, at) + one.piece + text.slice(at) : text.slice(0, at) + text.slice(at + one.count)
}

describe("plain files", () => {
  it.each(plainTexts.map((text, at) => [at, text] as const))("are read, here %i", (_, text) => {
    const plain = readPlain("f", text)
    const { tree, diagnostics } = readWithLibrary("f", text)
    expect(diagnostics).toEqual([])
    expect(plain && shown(plain)).toEqual(tree.root && shown(tree.root))
    expect(plain).toBeDefined()
  })

  it("are read as the YAML library reads them, or left to it", () => {
    let read = 0
    fc.assert(
      fc.property(fc.constantFrom(...texts), fc.array(change, { maxLength: 3 }), (text, changes) => {
        const edited = changes.reduce(changed, text)
        const plain = readPlain("f", edited)
        if (plain === undefined) return
        read++
        const { tree, diagnostics } = readWithLibrary("f", edited)
        expect(diagnostics).toEqual([])
        expect(shown(plain)).toEqual(tree.root && shown(tree.root))
      }),
      { numRuns: 1500 },
    )
    expect(read).toBeGreaterThan(150)
  })

  it("are read again as they are read at first, whatever was edited in between", () => {
    let again = 0
    fc.assert(
      fc.property(fc.constantFrom(...plainTexts), fc.array(change, { minLength: 1, maxLength: 8 }), fc.array(fc.boolean()), (text, changes, undone) => {
        const known = new KnownEntries()
        let edited = text
        for (const [at, one] of changes.entries()) {
          const plain = readPlain("f", edited, known)
          const fresh = readPlain("f", edited)
          expect(plain && shown(plain)).toEqual(fresh && shown(fresh))
          if (plain !== undefined && at > 0) again++
          edited = undone[at] === true ? text : changed(edited, one)
        }
      }),
      { numRuns: 500 },
    )
    expect(again).toBeGreaterThan(150)
  })

  it("are the very nodes that they were, up to where they change", () => {
    const known = new KnownEntries()
    const sessionsOf = (text: string): YamlNode | undefined => {
      const fleet = readPlain("f", text, known)?.entries.find(({ name }) => name === "fleet")?.value
      return fleet?.kind === "map" ? fleet.entries.find(({ name }) => name === "sessions")?.value : undefined
    }
    const [text = ""] = plainTexts
    const before = sessionsOf(text)
    expect(before).toBeDefined()
    expect(sessionsOf(text.replace("on worker.done", "on worker.failed"))).toBe(before)
    expect(sessionsOf(text.replace("[git, reset", "[git, clean"))).not.toBe(before)
  })

  it.each([
    ["a duplicate key", "a: 1\na: 2\n"],
    ["an empty value", "a:\nb: 1\n"],
    ["an anchor", "a: &x 1\n"],
    ["an escape", 'a: "\\n"\n'],
    ["a number that is spelt in another way", "a: 0x10\n"],
    ["text over several lines", "a: b\n  c\n"],
    ["a folded block", "a: >\n  b\n"],
    ["no line feed at the end", "a: b"],
    ["a tab", "a:\tb\n"],
    ["a comment deeper than what follows", "a:\n  b: 1\n    # c\nd: 1\n"],
  ])("leaves %s to the library", (_, text) => expect(readPlain("f", text)).toBeUndefined())
})
