import fc from "fast-check"
import { stringify, Document, Scalar } from "yaml"
import { describe, expect, it } from "vitest"
import { readSource, type ScalarNode } from "../../../compiler/source/index.ts"

const scalarOf = (source: string): ScalarNode => {
  const { tree, diagnostics } = readSource("f", source)
  expect(diagnostics).toEqual([])
  const entry = tree.root?.kind === "map" ? tree.root.entries.find(({ name }) => name === "k") : undefined
  if (entry?.value.kind !== "scalar") throw new Error(`no scalar in ${JSON.stringify(source)}`)
  return entry.value
}

/** Every visible character of the decoded text is the very character of the file at its offset, and offsets never go back. */
const expectExact = (source: string): void => {
  const node = scalarOf(source)
  let before = node.span.start
  for (let i = 0; i < node.text.length; i++) {
    const at = node.offsetAt(i)
    expect(at).toBeGreaterThanOrEqual(before)
    expect(at).toBeLessThan(node.span.end)
    before = at
    const written = source.charAt(at)
    if (/\s/.test(node.text.charAt(i))) expect(written === "\\" || /\s/.test(written)).toBe(true)
    else expect(written === "\\" || written === node.text.charAt(i)).toBe(true)
  }
}

const findWord = (source: string, word: string): string => {
  const node = scalarOf(source)
  const at = node.text.indexOf(word)
  const span = node.spanAt(at, at + word.length)
  return source.slice(span.start, span.end)
}

describe("a word is found where it stands", () => {
  it.each([
    ["plain", "k: on a.done -> target\n"],
    ["plain over lines", "k: on a.done\n\n   ->   \n   target\nz: 1\n"],
    ["single quoted", "k: 'it''s ''x'' target'\n"],
    ["double quoted", 'k: "a\\"b\\u00e9\\U0001F600\\x41 \\\n   target"\n'],
    ["literal", "k: |\n  a\n\n    b\n  target\n"],
    ["literal with indicator", "k: |2-\n    a\n  target\n\n"],
    ["folded after a blank line", "k: >\n  # c\n\n  on a.done\n    -> target\n\n\n"],
    ["folded with a more indented start", "k: >+\n\n  a\n   b\n\n   c\n  target\n\n"],
    ["carriage returns", "k: |\r\n  a\r\n\r\n  target\r\n"],
    ["folded with carriage returns", "k: >\r\n  a\r\n  b\r\n\r\n  target\r\n"],
    ["byte order mark", "\ufeffk: |\n  target\n"],
    ["tabs inside", "k: |\n  a\tb\n  \ttarget\n"],
    ["emoji", "k: |\n  👩‍👩‍👧 é 漢\n  target\n"],
    ["flow", "k: a target\nz: {a: b}\n"],
    ["tag and anchor", "k: !!str &x target\n"],
    ["comment in the header", "k: | # why\n  target\n"],
  ])("%s", (_, source) => expect(findWord(source, "target")).toBe("target"))

  it("an escape belongs to its span whole", () => {
    expect(findWord('k: "a \\u00e9\\n"\n', "é")).toBe("\\u00e9")
    expect(findWord("k: 'a ''b'\n", "'b")).toBe("''b")
  })

  it("an alias points at the text of its anchor", () => {
    const source = "a: &x on target\nk: *x\n"
    expect(scalarOf(source).span.start).toBe(source.indexOf("on"))
  })
})

const piece = fc.constantFrom("a", "b c", " ", "  ", "\n", "\n\n", "\n ", "\n   ", "x", "'", '"', "\\", "#", ":", "é", "👍", "\t", "->", "漢", "{", "}", "| ")
const text = fc.array(piece, { maxLength: 14 }).map((parts) => parts.join(""))

describe("offsets are exact in every style", () => {
  it.each(["PLAIN", "QUOTE_SINGLE", "QUOTE_DOUBLE", "BLOCK_LITERAL", "BLOCK_FOLDED"] as const)("%s", (type) => {
    fc.assert(
      fc.property(text, fc.constantFrom(20, 80), fc.constantFrom(2, 5), fc.boolean(), (value, lineWidth, indent, crlf) => {
        const scalar = new Scalar(value)
        scalar.type = type
        const document = new Document({ z: 1 })
        document.set("k", scalar)
        const source = stringify(document, { lineWidth, indent })
        // the writer's folding may split a surrogate pair or begin a plain scalar with an indicator: not what is tested here
        fc.pre(readSource("f", source).diagnostics.length === 0)
        expectExact(crlf ? source.replaceAll("\n", "\r\n") : source)
      }),
      { numRuns: 400 },
    )
  })
})
