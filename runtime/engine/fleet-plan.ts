/** One plan of the fleet, from what its agents plan: the master plan of CAP v1, 10.2. */
import type { Json } from "#ir"
import type { FleetEvent } from "../machine/protocol.ts"

export interface PlanEntry {
  /** `session/id`, so that ids of several agents stay apart. */
  readonly id: string
  readonly content: string
  readonly status: PlanStatus
  /** Absent where the agent gave none: it means nothing then. */
  readonly priority?: PlanPriority
  readonly _meta: { readonly "cap.assigned_to": string; readonly "cap.depends_on"?: ReadonlyArray<string> }
}

const statuses = ["pending", "in_progress", "completed", "cancelled", "blocked"] as const
const priorities = ["urgent", "high", "medium", "low"] as const
export type PlanStatus = (typeof statuses)[number]
export type PlanPriority = (typeof priorities)[number]

type Fields = { readonly [key: string]: Json }

const isFields = (value: Json | undefined): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value)
const isList = (value: Json | undefined): value is ReadonlyArray<Json> => Array.isArray(value)

/**
 * The latest plan of each session, which replaces those it told before, in the order in which the sessions first told one. Entries without
 * words are left out; one of an unknown status counts as pending.
 */
export const mergePlans = (events: Iterable<FleetEvent>): ReadonlyArray<PlanEntry> => {
  const plans = new Map<string, ReadonlyArray<PlanEntry>>()
  for (const event of events) {
    if (event.type === "agent" && event.event.kind === "cap.plan" && isList(event.event["entries"]))
      plans.set(event.session, readPlan(event.session, event.event["entries"]))
  }
  return [...plans.values()].flat()
}

const readPlan = (session: string, entries: ReadonlyArray<Json>): ReadonlyArray<PlanEntry> =>
  entries.flatMap((entry, index) => {
    if (!isFields(entry) || typeof entry["content"] !== "string" || entry["content"].trim() === "") return []
    const { id, content, status, priority } = entry
    const needs = dependencies(entry["_meta"]).map((needed) => `${session}/${needed}`)
    const rank = priorities.find((one) => one === priority)
    return {
      id: `${session}/${typeof id === "string" ? id : `p${index + 1}`}`,
      content,
      status: statuses.find((one) => one === status) ?? "pending",
      ...(rank === undefined ? {} : { priority: rank }),
      _meta: { "cap.assigned_to": `cap://${session}`, ...(needs.length === 0 ? {} : { "cap.depends_on": needs }) },
    }
  })

/** CAP writes the names of its own that are in `_meta` flat and nested. */
const dependencies = (meta: Json | undefined): ReadonlyArray<string> => {
  if (!isFields(meta)) return []
  const nested = isFields(meta["cap"]) ? meta["cap"]["depends_on"] : undefined
  const ids = nested ?? meta["cap.depends_on"]
  return isList(ids) ? ids.filter((id) => typeof id === "string") : []
}
