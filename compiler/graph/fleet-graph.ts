/** What a fleet looks like: who is activated by what. Pure data that the renderers draw. */
import type { Action, EventPattern, Ir, Join, Rule } from "../ir/model.ts"
import { printDuration } from "../ir/print.ts"
import { printExpr } from "../ir/print-expr.ts"

export type NodeKind = "begin" | "session" | "gate" | "selection" | "join" | "clock" | "plugin" | "note" | "complete" | "fail"

export interface GraphNode {
  /** unique in the graph: letters, digits and `_`, not beginning with a digit */
  readonly id: string
  readonly kind: NodeKind
  readonly label: string
}

export interface GraphEdge {
  readonly from: string
  readonly to: string
  readonly label: string
  /** `cancel` and `undo` stop work instead of giving any */
  readonly stops: boolean
}

export interface FleetGraph {
  readonly name: string
  readonly nodes: ReadonlyArray<GraphNode>
  readonly edges: ReadonlyArray<GraphEdge>
}

/** Nodes in the order of the file: the beginning, sessions, then what the rules need. */
export const fleetGraph = (ir: Ir): FleetGraph => {
  const sketch = new Sketch()
  if (ir.start.length > 0) sketch.node("begin", "begin", "start")
  for (const { id, instances, role } of ir.sessions) sketch.node("session", id, `${id}${instances ? "[…]" : ""}${role === undefined ? "" : `\n${role}`}`)
  for (const id of ir.start) sketch.edge(sketch.node("begin", "begin", "start"), sketch.node("session", id, id), "")
  for (const rule of ir.rules) drawRule(sketch, rule)
  return { name: ir.fleet.name, nodes: sketch.nodes, edges: sketch.edges }
}

class Sketch {
  readonly nodes: Array<GraphNode> = []
  readonly edges: Array<GraphEdge> = []
  readonly #ids = new Map<string, string>()

  /** The id of the node of this kind and name, made when it is new. */
  node(kind: NodeKind, name: string, label: string): string {
    const key = `${kind} ${name}`
    const known = this.#ids.get(key)
    if (known !== undefined) return known
    const id = `n${this.nodes.length}_${name.replace(/[^A-Za-z0-9]+/g, "_")}`
    this.#ids.set(key, id)
    this.nodes.push({ id, kind, label })
    return id
  }

  edge(from: string, to: string, label: string, stops = false): void {
    this.edges.push({ from, to, label, stops })
  }
}

interface Source {
  readonly node: string
  readonly event: string
}

const drawRule = (sketch: Sketch, rule: Rule): void => {
  const source = drawJoin(sketch, rule.join, rule.id, rule.id)
  for (const { guard, action } of rule.cases) {
    const when = guard === undefined ? (rule.cases.length > 1 ? "otherwise" : "") : `when ${printExpr(guard.expr)}`
    drawAction(sketch, source, action, when, rule.id)
  }
  if (rule.within !== undefined) drawAction(sketch, source, rule.within.otherwise, `not within ${printDuration(rule.within.ms)}`, rule.id)
}

const drawJoin = (sketch: Sketch, join: Join, name: string, rule: string): Source => {
  if (join.kind === "event") return subject(sketch, join.event, rule)
  if (join.kind === "instances") {
    const { node, event } = subject(sketch, join.event, rule)
    const { want } = join
    const how = want.kind === "atLeast" ? `${want.race ? "first" : "at least"} ${want.count}` : want.kind
    return { node, event: `${how} ${event}` }
  }
  const label = join.kind === "atLeast" ? `${join.count} of` : join.kind
  const node = sketch.node("join", name, label)
  join.of.forEach((member, index) => {
    const from = drawJoin(sketch, member, `${name}.${index}`, rule)
    sketch.edge(from.node, node, from.event)
  })
  return { node, event: "" }
}

const subject = (sketch: Sketch, event: EventPattern, rule: string): Source => {
  switch (event.source) {
    case "session":
      return {
        node: sketch.node("session", event.session, event.session),
        event: `${event.event}${event.kinds === undefined ? "" : ` (${event.kinds.join(", ")})`}`,
      }
    case "idle":
      return { node: sketch.node("session", event.session, event.session), event: `idle ${printDuration(event.ms)}` }
    case "gate":
      return { node: sketch.node("gate", event.gate, event.gate), event: event.event }
    case "human":
      return { node: sketch.node("selection", "selection", "selection"), event: "selected" }
    case "fleet":
      return { node: sketch.node("begin", "begin", "start"), event: "" }
    case "budget":
      return { node: sketch.node("clock", `${event.percent}%`, `budget ${event.percent}%`), event: "" }
    case "every":
      return { node: sketch.node("clock", `every ${event.ms} ${rule}`, `every ${printDuration(event.ms)}`), event: "" }
  }
}

const drawAction = (sketch: Sketch, source: Source, action: Action, when: string, rule: string): void => {
  const edge = (to: string, what = "", stops = false): void =>
    sketch.edge(source.node, to, [source.event, when, what].filter((part) => part !== "").join(" "), stops)
  switch (action.kind) {
    case "send":
      for (const id of action.to) edge(sketch.node("session", id, id), action.max === undefined ? "" : `max ${action.max.count}`)
      return drawBeyond(sketch, source, action.max, rule)
    case "for":
      for (const id of action.send.to) edge(sketch.node("session", id, id), `for each ${action.variable}`)
      return drawBeyond(sketch, source, action.send.max, rule)
    case "retry":
      edge(sketch.node("session", action.session, action.session), `retry${action.max === undefined ? "" : ` max ${action.max.count}`}`)
      return drawBeyond(sketch, source, action.max, rule)
    case "select":
      return edge(sketch.node("selection", "selection", "selection"), `select from ${action.from.join(", ")}`)
    case "gate":
      return edge(sketch.node("gate", action.gate, action.gate))
    case "cancel":
      if (action.target.kind === "session") return edge(sketch.node("session", action.target.session, action.target.session), "cancel", true)
      return edge(sketch.node("note", `cancel ${action.target.kind}`, `cancel ${action.target.kind}`), "", true)
    case "undo":
      return edge(sketch.node("session", action.session, action.session), "undo", true)
    case "pause":
      return edge(sketch.node("note", "pause", "pause"))
    case "complete":
      return edge(sketch.node("complete", "complete", "complete"))
    case "fail":
      return edge(sketch.node("fail", "fail", "fail"))
    case "notify":
      return edge(sketch.node("note", "notify", "notify"))
    case "use":
      return edge(sketch.node("plugin", `${rule} ${action.plugin.use}`, `use ${action.plugin.use}`))
    case "sequence":
      for (const one of action.actions) drawAction(sketch, source, one, when, rule)
  }
}

const drawBeyond = (sketch: Sketch, source: Source, max: { readonly count: number; readonly then?: Action } | undefined, rule: string): void => {
  if (max?.then !== undefined) drawAction(sketch, source, max.then, `after ${max.count}`, rule)
}
