import type { FleetGraph, NodeKind } from "./fleet-graph.ts"

const shapes: { readonly [kind in NodeKind]: readonly [open: string, close: string] } = {
  begin: ["((", "))"],
  session: ["[", "]"],
  gate: ["{{", "}}"],
  selection: ["{{", "}}"],
  join: ["{", "}"],
  clock: ["([", "])"],
  plugin: ["[[", "]]"],
  note: [">", "]"],
  complete: ["(((", ")))"],
  fail: ["(((", ")))"],
}

/** Mermaid reads entity codes in quoted texts; everything that could end one is written as such. */
const quoted = (text: string): string =>
  `"${[...text].map((character) => (character === "\n" ? "<br/>" : /[\w ().,:?!$%+*/=\-[\]…]/u.test(character) ? character : `#${character.codePointAt(0)};`)).join("")}"`

/** A Mermaid flowchart. Ends with a newline. */
export const renderMermaid = ({ nodes, edges }: FleetGraph): string => {
  const drawn = nodes.map(({ id, kind, label }) => `  ${id}${shapes[kind][0]}${quoted(label)}${shapes[kind][1]}\n`)
  const arrows = edges.map(({ from, to, label, stops }) => `  ${from} ${stops ? "-.->" : "-->"}${label === "" ? "" : `|${quoted(label)}|`} ${to}\n`)
  return `flowchart TD\n${drawn.join("")}${arrows.join("")}`
}
