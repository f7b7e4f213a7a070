import type { FleetGraph, NodeKind } from "./fleet-graph.ts"

const shapes: { readonly [kind in NodeKind]: string } = {
  begin: "circle",
  session: "box",
  gate: "hexagon",
  selection: "hexagon",
  join: "diamond",
  clock: "oval",
  plugin: "component",
  note: "note",
  complete: "doublecircle",
  fail: "doublecircle",
}

const quoted = (text: string): string => `"${text.replace(/[\\"]/g, "\\$&").replaceAll("\n", "\\n")}"`

/** A Graphviz digraph. Ends with a newline. */
export const renderDot = ({ name, nodes, edges }: FleetGraph): string => {
  const drawn = nodes.map(({ id, kind, label }) => `  ${id} [label=${quoted(label)}, shape=${shapes[kind]}]\n`)
  const arrows = edges.map(({ from, to, label, stops }) => {
    const attributes = [...(label === "" ? [] : [`label=${quoted(label)}`]), ...(stops ? ["style=dashed"] : [])]
    return `  ${from} -> ${to}${attributes.length === 0 ? "" : ` [${attributes.join(", ")}]`}\n`
  })
  return `digraph ${quoted(name)} {\n  rankdir=TB\n  node [fontname="sans-serif"]\n  edge [fontname="sans-serif", fontsize=10]\n${drawn.join("")}${arrows.join("")}}\n`
}
