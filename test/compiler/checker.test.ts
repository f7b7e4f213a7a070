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
const texts = [...seeds().filter((text) => text.length < 3000), quoted, quoted.replaceAll("\n", "\r\n"), generateFleet(5), generateFleet(13)]

/**
 * One edit of somebody who writes a fleet: where, in thousandths of the text, what, and how. `beside`: at the next sign that YAML takes notice of,
 * before it or behind.
 */
const edit = fc.record({
  at: fc.integer({ min: 0, max: 999 }),
  beside: fc.constantFrom(undefined, undefined, 0, 1),
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
    "\t",
    "\r\n",
    "  ",
    "\n\n",
    "|",
    "-",
    "+",
    "2",
    ">",
    ": ",
    "- ",
    "&a ",
    "*a",
    "~",
    "\n    # said\n",
    "\n      role: x\n",
  ),
})

const apply = (text: string, before: string, { at, beside, how, what }: typeof edit extends fc.Arbitrary<infer Edit> ? Edit : never): string => {
  const somewhere = Math.floor((text.length * at) / 1000)
  const sign = beside === undefined ? -1 : text.slice(somewhere).search(/[|>:#&*"{[\n-]/)
  const place = sign < 0 ? somewhere : somewhere + sign + (beside ?? 0)
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
      { numRuns: 200 },
    )
  })

  const routes = `fleet:
  base_branch: main
  budget: { usd: 9 }
  sessions:
    a: { driver: claude, output: { verdict: approve | changes, notes: string? } }
    b: { driver: claude }
  start: a
  routes: |
    # said first
    on a.done -> b with "for \${a.output.notes ?? "é 👍"}"
    on b.failed -> notify "b: \${b.error.message}"

    on b.failed -> notify "b: \${b.error.message}"
    on a.failed -> nobody
  outputs: { verdict: a.output.verdict }
`
  const change = (from: string | RegExp, to: string) => (text: string) => text.replace(from, () => to)
  const edits: ReadonlyArray<readonly [string, ReadonlyArray<(text: string) => string>]> = [
    ["in a prompt", [change("for ", "for e"), change("for e", "for ev")]],
    ["before all", [change("fleet:", "# a\nfleet:"), change("# a\n", "")]],
    ["in front of the first rule", [change("# said first", "# said first, and more"), change("# said first, and more\n    ", "")]],
    ["behind the last rule", [change("nobody", "nobody # said"), change("nobody # said\n", "nobody\n\n\n")]],
    ["a rule that stands there twice, once more", [change(/( *on b.failed.*\n)/, '    on b.failed -> notify "b: ${b.error.message}"\n'.repeat(2))]],
    ["one of two that are the same", [change(/( *on b.failed.*\n)/, ""), change("\n\n", "\n")]],
    ["two rules that change places", [change(/( *on a\.done.*\n)( *on b\.failed.*\n)/, '    on b.failed -> notify "x"\n    on a.done -> b\n')]],
    ["the indentation of one line", [change("    on b.failed", "   on b.failed"), change("   on b.failed", "     on b.failed")]],
    ["the indentation of all", [(text) => text.replaceAll("    on", "      on").replace("    #", "      #"), (text) => text.replaceAll("      on", "    on")]],
    ["a tab", [change("on a.done", "\ton a.done"), change("a.done ->", "a.done\t->")]],
    [
      "the header",
      [change("routes: |", "routes: |2"), change("routes: |2", "routes: |-"), change("routes: |-", "routes: |+"), change("|+", ">"), change(">", "|")],
    ],
    ["line ends", [(text) => text.replaceAll("\n", "\r\n"), (text) => text.replaceAll("\r\n", "\n")]],
    ["an anchor and its alias", [change("driver: claude, output", "driver: &c claude, output"), change("b: { driver: claude", "b: { driver: *c")]],
    ["what is broken for a while", [change("output: {", "output: {{"), change("output: {{", "output: {"), change('"b: ', '"""b: '), change('"""b: ', '"b: ')]],
    ["a session that is called otherwise", [change("    b: {", "    bb: {"), change("    bb: {", "    b: {")]],
    ["a type", [change("approve | changes", "approve | changes | again"), change("notes: string?", "notes: string")]],
    [
      "what defaults say",
      [change("  sessions:", "  defaults: { driver: codex }\n  sessions:"), change("codex", "claude"), change("  defaults: { driver: claude }\n", "")],
    ],
    ["a list item where a key was", [change("  start: a", "  start:\n  - a"), change("- a", "-a"), change("-a", "- a")]],
    ["the end of the file", [(text) => text.trimEnd(), (text) => `${text}\n`, (text) => `${text}x-note: 1\n`]],
  ]

  it.each(edits)("sees what changes: %s", (_, steps) => {
    const check = checker()
    let text = routes
    for (const step of [...steps, () => routes]) {
      expect(told(check(requestOf(text)))).toEqual(told(checkFleet(requestOf(text))))
      text = step(text)
    }
    expect(told(check(requestOf(text)))).toEqual(told(checkFleet(requestOf(text))))
  })

  it("names the file that it is asked about", () => {
    const check = checker()
    check(requestOf(routes))
    const other = { ...requestOf(routes), file: "other.yaml" }
    expect(told(check(other))).toEqual(told(checkFleet(other)))
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
    const first = check(requestOf(routes))
    expect(first.diagnostics).not.toEqual([])
    const kept = structuredClone(told(first))
    check(requestOf(`# longer\n${routes}`))
    expect(told(first)).toEqual(kept)
  })
})
