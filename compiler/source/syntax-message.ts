/** What the YAML library says is wrong, in words for people who write fleets. */

export interface SyntaxMessage {
  readonly problem: string
  readonly help?: string
}

const quote = "a text with such characters stands in quotes"
const align = "put it under the others of its kind: the same number of spaces"

/** By what the library says; `$1` is what its pattern caught. */
const messages: ReadonlyArray<readonly [pattern: RegExp, problem: string, help?: string]> = [
  [/^Tabs are not allowed as indentation/, "a line is indented with a tab", "indent with spaces"],
  [
    /^Flow (?:sequence|map) in block collection must be sufficiently indented and end with a (.)/,
    "a list or map in brackets is not closed before this line. expected `$1`",
    "close it, or indent the lines that belong to it",
  ],
  [/^All mapping items must start at the same column/, "this key is indented unlike the keys beside it", align],
  [/^All sequence items must start at the same column/, "this item is indented unlike the items beside it", align],
  [/^Missing closing (.)quote/, "a quoted text is not closed. expected `$1`"],
  [
    /^Nested mappings are not allowed in compact mappings/,
    "a second key stands on one line",
    "a value with a colon stands in quotes; a map stands on lines of its own, or in braces: { a: b }",
  ],
  [/^Implicit keys need to be on a single line/, "expected a key and a colon, found a text that goes on", "a key is followed by a colon: name: value"],
  [/^Implicit map keys need to be followed by map values/, "a key without a colon. expected `name: value`"],
  [/^A block sequence may not be used as an implicit map key/, "this item is indented unlike the items beside it", align],
  [
    /^Unexpected block-seq-ind on same line with key/,
    "a list cannot begin on the line of its key",
    "begin it on the next line, or write it in brackets: [a, b]",
  ],
  [
    /^Block collections are not allowed within flow collections/,
    "a key with a colon stands in brackets",
    "a map in a list is written { a: b }; a text with a colon stands in quotes",
  ],
  [/^Plain value cannot start with (?:reserved|flow indicator) character (.)/, "a value cannot begin with `$1`", quote],
  [/^Plain value cannot start with directive indicator character (.)/, "a value cannot begin with `$1`", quote],
  [/^Plain value cannot start with a tab character/, "a value cannot begin with a tab", "separate it from its key by a space"],
  [/^Plain value cannot start with (.)/, "a value cannot begin with `$1`", quote],
  [/^Invalid escape sequence (\S*)/, "unknown escape `$1` in a quoted text", "write \\\\ for a backslash, or put the text in single quotes"],
  [/^Unexpected scalar at node end/, "nothing may follow here, found more text", "a quoted text is the whole value; a list is written [a, b]"],
  [
    /^Unexpected explicit-key-ind at node end/,
    "nothing may follow here, found `?`",
    'a list or record that may be absent stands in quotes: "[string]?", "{ a: string }?"',
  ],
  [
    /^Unexpected flow-seq-start at node end/,
    "nothing may follow here, found `[`",
    "the type of a list is written [string]; a text with brackets stands in quotes",
  ],
  [/^Unexpected flow-map-start at node end/, "nothing may follow here, found `{`", quote],
  [/^Unexpected flow-(?:seq|map)-end token in YAML stream: "(.)"/, "`$1` closes nothing", quote],
  [/^Unexpected (.) in flow (?:sequence|map)/, "expected a value, found `$1`"],
  [/^Block scalar header includes extra characters: (.*)/, "nothing may follow `|` or `>` on its line, found `$1`", "the text begins on the next line"],
  [/^Unresolved tag: (.*)/, "unknown tag `$1`", "fleets need no tags; a text that begins with ! stands in quotes"],
  [/^Verbatim tags must end with a >/, "unknown tag", "a text that begins with ! stands in quotes"],
  [/^(?:Anchor|Alias) cannot be an empty string/, "`&` and `*` are followed by a name", quote],
  [/^An alias node must not specify any properties/, "an alias cannot have an anchor or a tag"],
  [/^A node can have at most one (anchor|tag)/, "a value has at most one $1"],
  [/^Unknown directive (.*)/, "unknown directive `$1`", "a fleet needs none: remove the line"],
  [/^The : indicator must be at most 1024 chars/, "a key is longer than 1024 characters", "a text with a colon stands in quotes"],
  [/^Comments must be separated from other tokens by white space/, "a comment follows without a space", "put a space before #; a text with # stands in quotes"],
  [/^Missing , (?:or : )?between flow (?:sequence|map) items/, "expected a comma before this value"],
  [/^Missing space after : in flow (?:sequence|map)/, "expected a space after the colon"],
  [/^Sequence item without - indicator/, "expected `- ` before an item of the list"],
]

const longest = 200

/** In words of our own where there are some; else what the library says, begun with a small letter. */
export const syntaxMessage = (said: string): SyntaxMessage => {
  for (const [pattern, problem, help] of messages) {
    const caught = pattern.exec(said)
    if (caught !== null) return { problem: problem.replace("$1", () => caught[1] ?? ""), ...(help !== undefined && { help }) }
  }
  const short = said.length > longest ? `${said.slice(0, longest)}…` : said
  return { problem: short.charAt(0).toLowerCase() + short.slice(1) }
}
