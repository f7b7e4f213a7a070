/** What an A2A agent tells of a task, in the words of version 1.0 and of 0.3, read into one shape. Pure. */
import { fieldsOf, isFields, listOf, textOf } from "#sdk"
import type { AgentEvent, Fields } from "#sdk"
import { capEvents, isCapPart } from "./cap-parts.ts"

export type TaskState = "submitted" | "working" | "input-required" | "auth-required" | "completed" | "failed" | "canceled" | "rejected" | "unknown"

export interface Said {
  readonly id: string
  readonly text: string
}

export interface Artifact extends Said {
  /** Goes on what was said of the artifact before. */
  readonly append: boolean
}

/** One step of what happens to a task; all its parts may be missing. */
export interface TaskEvent {
  readonly task: string
  readonly context: string
  readonly state?: TaskState
  /** What the agent says of the state. */
  readonly status?: Said
  readonly artifacts: ReadonlyArray<Artifact>
  /** An answer without a task. */
  readonly message?: Said
  /** What it says as core events of CAP. */
  readonly cap: ReadonlyArray<AgentEvent>
}

const partText = (part: Fields): string => {
  if (isCapPart(part)) return ""
  const { text, data, url } = part
  if (typeof text === "string") return text
  if (data !== undefined) return JSON.stringify(data)
  return textOf(url) || textOf(fieldsOf(part["file"])["uri"]) || textOf(part["filename"])
}

const textIn = (value: Fields): string => listOf(value["parts"]).map(fieldsOf).map(partText).join("")

const states: ReadonlyArray<TaskState> = ["submitted", "working", "input-required", "auth-required", "completed", "failed", "canceled", "rejected"]

const stateOf = (status: Fields): TaskState => {
  const name = textOf(status["state"])
    .replace(/^TASK_STATE_/u, "")
    .toLowerCase()
    .replaceAll("_", "-")
  return states.find((state) => state === name || (state === "canceled" && name === "cancelled")) ?? "unknown"
}

const said = (message: Fields): Said => ({ id: textOf(message["messageId"]), text: textIn(message) })

const ofStatus = (status: Fields): Pick<TaskEvent, "state" | "status" | "cap"> => ({
  cap: capEvents(fieldsOf(status["message"])),
  state: stateOf(status),
  ...(isFields(status["message"]) ? { status: said(status["message"]) } : {}),
})

const artifactOf = (artifact: Fields, append: boolean): Artifact => ({ id: textOf(artifact["artifactId"]), text: textIn(artifact), append })

const of = (about: Fields, id: string): Pick<TaskEvent, "task" | "context"> => ({ task: textOf(about[id]), context: textOf(about["contextId"]) })

/** Undefined for what is none of it. */
export const readTaskEvent = (event: Fields): TaskEvent | undefined => {
  const kind = textOf(event["kind"])
  const named = (key: string, old: string): Fields | undefined => (isFields(event[key]) ? event[key] : kind === old ? event : undefined)
  const task = named("task", "task") ?? (isFields(event["status"]) && typeof event["id"] === "string" ? event : undefined)
  if (task !== undefined) {
    const made = listOf(task["artifacts"]).map(fieldsOf)
    const { cap, ...status } = ofStatus(fieldsOf(task["status"]))
    return { ...of(task, "id"), ...status, artifacts: made.map((artifact) => artifactOf(artifact, false)), cap: [...made.flatMap(capEvents), ...cap] }
  }
  const status = named("statusUpdate", "status-update")
  if (status !== undefined) return { ...of(status, "taskId"), ...ofStatus(fieldsOf(status["status"])), artifacts: [] }
  const update = named("artifactUpdate", "artifact-update")
  if (update !== undefined) {
    const artifact = fieldsOf(update["artifact"])
    return { ...of(update, "taskId"), artifacts: [artifactOf(artifact, update["append"] === true)], cap: capEvents(artifact) }
  }
  const message = named("message", "message")
  return message === undefined ? undefined : { ...of(message, "taskId"), artifacts: [], message: said(message), cap: capEvents(message) }
}
