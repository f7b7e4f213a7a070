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
      return text + (name === undefined ? "" : String(values[name])) + part
    }, ""),
})

/** `"a", "b", "c"`: a legal set as messages show it, sorted unless order matters, cut at a dozen. */
export const quotedList = (names: Iterable<string>, keepOrder = false): string => {
  const all = [...new Set(names)]
  if (!keepOrder) all.sort((a, b) => (a < b ? -1 : 1))
  const shown = all.slice(0, 12).map((name) => `"${name}"`).join(", ")
  return all.length > 12 ? `${shown} and ${all.length - 12} more` : shown
}
