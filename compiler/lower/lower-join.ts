/** Joins with their leaves numbered; leaves on fanned-out sessions become `instances` (language.md 3, Instances). */
import type { EventPattern, FailureKind, Join } from "../ir/index.ts"
import { failureKinds } from "../ir/index.ts"
import type { Event, Join as JoinAst } from "../routes/index.ts"
import { gateEvents, oneOfThem, sessionEvents } from "../check/vocabulary.ts"

type Want = Extract<Join, { readonly kind: "instances" }>["want"]

/** `instances`: the sessions that a `for` fans out. */
export const lowerJoin = (join: JoinAst, instances: ReadonlySet<string>): Join => {
  let leaves = 0
  const leaf = (event: Event, want: Want): Join => {
    const pattern = lowerEvent(event)
    const many = "session" in pattern && instances.has(pattern.session)
    return many ? { kind: "instances", leaf: leaves++, event: pattern, want } : { kind: "event", leaf: leaves++, event: pattern }
  }
  const lower = (node: JoinAst, want: Want): Join => {
    switch (node.kind) {
      case "event":
      case "every":
        return leaf(node, want)
      case "each":
        return leaf(node.event, { kind: "each" })
      case "all":
        return group(
          "all",
          node.members.map((member) => lower(member, { kind: "all" })),
        )
      case "any":
      case "race":
        return group(
          node.kind,
          node.members.map((member) => lower(member, { kind: "atLeast", count: 1, race: node.kind === "race" })),
        )
      case "count": {
        const single = node.members.length === 1
        const of = node.members.map((member) => lower(member, { kind: "atLeast", count: single ? node.count.value : 1, race: false }))
        const [only] = of
        return single && only?.kind === "instances" ? only : { kind: "atLeast", count: node.count.value, of }
      }
    }
  }
  return lower(join, { kind: "each" })
}

/** A group of one is that one; a leaf of instances says by itself what it wants. */
const group = (kind: "all" | "any" | "race", of: ReadonlyArray<Join>): Join => {
  const [only] = of
  return only !== undefined && of.length === 1 ? only : { kind, of }
}

const lowerEvent = (event: Event): EventPattern => {
  if (event.kind === "every") return { source: "every", ms: event.interval.ms }
  const { subject, duration, percent } = event
  if (subject.text === "human") return { source: "human" }
  if (subject.text === "fleet") return { source: "fleet" }
  if (subject.text === "budget") return { source: "budget", percent: percent?.value ?? 100 }
  if (event.event.text === "idle") return { source: "idle", session: subject.text, ms: duration?.ms ?? 0 }
  const gate = oneOfThem(event.event.text, gateEvents)
  if (gate !== undefined) return { source: "gate", gate: subject.text, event: gate }
  const kinds = event.kinds.flatMap(({ text }): ReadonlyArray<FailureKind> => [oneOfThem(text, failureKinds) ?? []].flat())
  return { source: "session", session: subject.text, event: oneOfThem(event.event.text, sessionEvents) ?? "done", ...(kinds.length > 0 && { kinds }) }
}
