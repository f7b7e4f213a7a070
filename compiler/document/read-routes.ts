import { didYouMean, type Span } from "../diagnostics/index.ts"
import type { MapEntry, MapNode, ScalarNode, YamlNode } from "../source/model.ts"
import { limits } from "./limits.ts"
import type { CapAction, RefusedRoute, RouteSource, Spanned } from "./model.ts"
import { Section, type Problems, type Reader } from "./section.ts"
import { listOf, oneOf, oneOrMore, word } from "./values.ts"

/** `routes`: a DSL text, or a list of DSL texts and CAP routes. Rules inside DSL texts are counted by whoever parses them. */
export const readRoutes: Reader<ReadonlyArray<RouteSource>> = (entry, problems) => {
  const { value } = entry
  if (value.kind === "scalar" && isText(value)) return [{ kind: "dsl", text: value }]
  if (value.kind !== "list") {
    problems.wrongType(entry, value.kind === "scalar" ? "routing rules" : "routing rules, or a list of them")
    return [refused]
  }
  if (value.items.length > limits.routes) problems.report("limit-exceeded", entry.key, { what: "routes", found: value.items.length, limit: limits.routes })
  return value.items.slice(0, limits.routes).map((item) => readRoute(entry, item, problems) ?? refused)
}

const refused: RefusedRoute = { kind: "refused" }

const isText = (node: ScalarNode): boolean => typeof node.value === "string"

const readRoute = (entry: MapEntry, item: YamlNode, problems: Problems): RouteSource | undefined => {
  if (item.kind === "scalar" && isText(item)) return { kind: "dsl", text: item }
  if (item.kind === "map") return readCapRoute(item, problems)
  return problems.wrongType(entry, "a list of rules and CAP routes", item)
}

const actionKeys = ["route_to", "fan_out", "collect"] as const

const readCapRoute = (map: MapNode, problems: Problems): RouteSource | undefined => {
  const route = new Section("route", map, ["when", ...actionKeys], problems).reportUnknown()
  const when = route.entry("when")
  if (when === undefined) route.missing("when", map.content)
  const sessions = route.read("when", oneOrMore(doneEvent)) ?? []
  if (when?.value.kind === "list" && when.value.items.length === 0)
    problems.report("invalid-value", when.value.span, { what: '"when"', value: "[]", expected: "at least one session's done" })
  const action = readAction(route)
  if (action === undefined || when === undefined || sessions.length === 0) return undefined
  return { kind: "cap", span: map.span, when: sessions, whenSpan: when.value.span, action }
}

/** `X.done`, the only event CAP knows. The session keeps its own span. */
const doneEvent: Reader<Spanned<string>> = (entry, problems) => {
  if (entry.value.kind !== "scalar") return problems.wrongType(entry, "an event such as coder.done", entry.value)
  const node = entry.value
  const dot = node.text.lastIndexOf(".")
  const name = dot < 0 ? node.text : node.text.slice(0, dot)
  const session: Spanned<string> = { value: name, span: dot < 0 ? node.span : node.spanAt(0, dot) }
  const event = node.text.slice(dot + 1)
  if (dot < 0) {
    const fix = { title: 'add ".done"', edits: [{ span: { ...node.span, start: node.offsetAt(name.length), end: node.offsetAt(name.length) }, text: ".done" }] }
    problems.report("invalid-value", node.span, { what: "event", value: name, expected: `"${name}.done"` }, { fix })
  } else if (event !== "done") {
    reportEvent(node.spanAt(dot + 1, node.text.length), name, event, problems)
  }
  return session
}

const reportEvent = (span: Span, session: string, event: string, problems: Problems): void => {
  const more = didYouMean(event, span, ["done"])
  const elsewhere = { help: `a CAP route waits for "done" only: write on ${session}.${event} -> … instead` }
  problems.report("unknown-event", span, { name: event, owner: `"${session}"`, expected: '"done"' }, more.help === undefined ? elsewhere : more)
}

const readAction = (route: Section): CapAction | undefined => {
  const { problems, map } = route
  const given = actionKeys.flatMap((key) => route.entry(key) ?? [])
  const [first] = given
  if (first === undefined) return route.others().length > 0 ? undefined : route.missing("route_to", map.content, 'or "fan_out", or "collect"')
  if (given.length > 1)
    problems.report("conflicting-keys", map.content, {
      section: "route",
      allowed: actionKeys.map((key) => `"${key}"`).join(", "),
      found: given.map(({ name }) => `"${name}"`).join(" and "),
    })
  if (first.name === "route_to") {
    const to = word(first, problems)
    return to && { kind: "route_to", to, span: first.value.span }
  }
  return first.name === "fan_out" ? readFanOut(first, problems) : readCollect(first, problems)
}

const readFanOut: Reader<CapAction> = (entry, problems) => {
  if (entry.value.kind !== "map") return problems.wrongType(entry, 'a map with the keys "to" and "split"')
  const fan = new Section("fan_out", entry.value, ["to", "split"], problems).reportUnknown()
  const targets = fan.entry("to")
  if (targets === undefined) return fan.missing("to", entry.value.content)
  const to = listOf(word)(targets, problems)
  const split = fan.read("split", oneOf("split", ["broadcast", "by_subtask"])) ?? { value: "broadcast", span: entry.value.span }
  if (to === undefined) return undefined
  if (to.length === 0) return problems.report("invalid-value", targets.value.span, { what: '"to"', value: "[]", expected: "at least one session" })
  return { kind: "fan_out", to, split, span: entry.value.span }
}

const readCollect: Reader<CapAction> = (entry, problems) => {
  const who = oneOf("collect", ["human"])(entry, problems)
  return who && { kind: "collect", span: who.span }
}
