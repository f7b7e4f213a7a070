import dagre from "@dagrejs/dagre"
import type { FleetGraph, GraphNode, NodeKind } from "./fleet-graph.ts"

const lineHeight = 16
const characterWidth = 7.2
const margin = 16

const fills: { readonly [kind in NodeKind]: string } = {
  begin: "#e8f0fe",
  session: "#ffffff",
  gate: "#fff4d6",
  selection: "#fff4d6",
  join: "#eeeeee",
  clock: "#f3e8fd",
  plugin: "#e6f4ea",
  note: "#f8f8f8",
  complete: "#d7f0dd",
  fail: "#fde0dd",
}

interface Point {
  readonly x: number
  readonly y: number
}

/** A picture that stands alone: no script, no font, no file beside it. Ends with a newline. */
export const renderSvg = ({ name, nodes, edges }: FleetGraph): string => {
  const layout = new dagre.graphlib.Graph({ multigraph: true })
  layout.setGraph({ rankdir: "TB", nodesep: 40, ranksep: 48, marginx: margin, marginy: margin })
  layout.setDefaultEdgeLabel(() => ({}))
  for (const { id, label } of nodes) layout.setNode(id, sizeOf(label))
  edges.forEach(({ from, to, label }, index) => {
    const { width, height } = label === "" ? { width: 0, height: 0 } : sizeOf(label)
    layout.setEdge(from, to, { width, height, labelpos: "c" }, String(index))
  })
  dagre.layout(layout)
  const { width = 0, height = 0 } = layout.graph()
  const arrows = edges.map(({ from, to, label, stops }, index) => {
    const placed = layout.edge({ v: from, w: to, name: String(index) }) as { readonly points: ReadonlyArray<Point>; readonly x?: number; readonly y?: number }
    const path = `<path d="${placed.points.map(({ x, y }, at) => `${at === 0 ? "M" : "L"}${round(x)} ${round(y)}`).join(" ")}" class="edge${stops ? " stops" : ""}" marker-end="url(#arrow)"/>`
    return label === "" || placed.x === undefined || placed.y === undefined ? path : path + text(label, { x: placed.x, y: placed.y }, "label")
  })
  const boxes = nodes.map((node) => box(node, layout.node(node.id) as Point & { readonly width: number; readonly height: number }))
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${round(width)} ${round(height)}" width="${round(width)}" height="${round(height)}" role="img">
<title>${escaped(name)}</title>
<style>text{font:13px sans-serif;text-anchor:middle;fill:#222}.label{font-size:11px;paint-order:stroke;stroke:#fff;stroke-width:4px}.edge{fill:none;stroke:#555}.stops{stroke-dasharray:4 3}.box{stroke:#555}</style>
<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" fill="#555"/></marker></defs>
${[...arrows, ...boxes].join("\n")}
</svg>
`
}

const box = ({ kind, label }: GraphNode, { x, y, width, height }: Point & { readonly width: number; readonly height: number }): string => {
  const rounding = kind === "session" || kind === "note" || kind === "plugin" ? 4 : height / 2
  const shape = `<rect x="${round(x - width / 2)}" y="${round(y - height / 2)}" width="${round(width)}" height="${round(height)}" rx="${round(rounding)}" fill="${fills[kind]}" class="box"/>`
  return shape + text(label, { x, y })
}

const text = (label: string, { x, y }: Point, style?: string): string => {
  const lines = label.split("\n")
  const top = y - ((lines.length - 1) * lineHeight) / 2 + lineHeight / 4
  const spans = lines.map((line, index) => `<tspan x="${round(x)}" y="${round(top + index * lineHeight)}">${escaped(line)}</tspan>`)
  return `<text${style === undefined ? "" : ` class="${style}"`}>${spans.join("")}</text>`
}

const sizeOf = (label: string): { readonly width: number; readonly height: number } => {
  const lines = label.split("\n")
  return { width: Math.max(...lines.map((line) => line.length)) * characterWidth + 20, height: lines.length * lineHeight + 16 }
}

const round = (value: number): number => Math.round(value * 10) / 10

const entities: { readonly [character: string]: string } = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" }
const escaped = (value: string): string => value.replace(/[&<>"']/g, (character) => entities[character] ?? character)
