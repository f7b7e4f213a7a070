import { brief } from "../ir/brief.ts"

/** A message with typed holes: `message\`unknown key ${"key"} in ${"section"}\`` needs `{ key, section }`. */
export interface Message<P extends string> {
  readonly params: ReadonlyArray<P>
  readonly render: (values: Readonly<Record<P, string | number>>) => string
}

export const message = <const P extends ReadonlyArray<string>>(parts: TemplateStringsArray, ...params: P): Message<P[number]> => ({
  params,
  render: (values) =>
    parts.reduce((text, part, i) => {
      const name: P[number] | undefined = params[i - 1]
      return text + (name === undefined ? "" : brief(String(values[name]), ofTheFile.has(name) ? longestWord : longestPart)) + part
    }, ""),
})

/** Holes that words of the file stand in, which may be of any length. */
const ofTheFile: ReadonlySet<string> = new Set(["key", "name", "value", "id", "code", "plugin", "host", "session"])
const longestWord = 200
const longestPart = 1000
const longestName = 100
const mostNames = 12

/** `"a", "b", "c"`: a legal set as messages show it, sorted unless order matters, cut at a dozen. */
export const quotedList = (names: Iterable<string>, keepOrder = false): string => {
  const all = new Set(names)
  const shown = (keepOrder ? [...all].slice(0, mostNames) : leastOf(all)).map((name) => `"${brief(name, longestName)}"`).join(", ")
  return all.size > mostNames ? `${shown} and ${all.size - mostNames} more` : shown
}

/** The first dozen in order, found without sorting all: a fleet has up to a thousand names, and each wrong one asks for the list. */
const leastOf = (names: Iterable<string>): ReadonlyArray<string> => {
  const least: Array<string> = []
  for (const name of names) {
    if (least.length === mostNames && name >= (least[mostNames - 1] ?? "")) continue
    let at = least.length
    while (at > 0 && name < (least[at - 1] ?? "")) at--
    least.splice(at, 0, name)
    least.length = Math.min(least.length, mostNames)
  }
  return least
}
