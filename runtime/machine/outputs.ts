/** Typed answers of sessions: the fenced block they end with, and what the agent is told about it (language.md section 4). */
import type { Json, Session, ValueProblem } from "#ir"
import { misfits, printType } from "#ir"

/** The body of the last fenced block with one of the tags; undefined when there is none. */
export const lastBlock = (text: string, tags: ReadonlyArray<string>): string | undefined => {
  const lines = text.split("\n")
  let found: string | undefined
  for (let at = 0; at < lines.length; at++) {
    const open = /^[ \t]*(`{3,}|~{3,})[ \t]*([^\s`]*)/.exec(lines[at] ?? "")
    const fence = open?.[1]
    if (open === null || fence === undefined) continue
    let end = at + 1
    while (end < lines.length && !isClosing(lines[end] ?? "", fence)) end++
    if (tags.includes(open[2] ?? "") && end < lines.length) found = lines.slice(at + 1, end).join("\n")
    at = end
  }
  return found
}

const isClosing = (line: string, fence: string): boolean => {
  const trimmed = line.trim()
  return trimmed.length >= fence.length && trimmed === fence.charAt(0).repeat(trimmed.length)
}

export type Read<A> = { readonly ok: true; readonly value: A } | { readonly ok: false; readonly problem: string }

const parse = (text: string): Read<Json> => {
  try {
    const value: Json = JSON.parse(text)
    return { ok: true, value }
  } catch {
    return { ok: false, problem: "it is not valid JSON" }
  }
}

/** The session's output: native when the driver has it, else the last `fleet-output` block; checked against the declared type and its schema. */
export const readOutput = (declared: NonNullable<Session["output"]>, text: string, native: Json | undefined): Read<Json> => {
  let value = native
  if (value === undefined) {
    const block = lastBlock(text, ["fleet-output"])
    if (block === undefined) return { ok: false, problem: "there is no fenced block tagged fleet-output" }
    const parsed = parse(block)
    if (!parsed.ok) return parsed
    value = parsed.value
  }
  const problem = told(misfits(declared, value))
  return problem === undefined ? { ok: true, value } : { ok: false, problem }
}

/** A JSON array of strings in the last `fleet-subtasks` or `cap-subtasks` block. */
export const readSubtasks = (text: string): Read<ReadonlyArray<string>> => {
  const block = lastBlock(text, ["fleet-subtasks", "cap-subtasks"])
  if (block === undefined) return { ok: false, problem: "there is no fenced block tagged fleet-subtasks" }
  const parsed = parse(block)
  if (!parsed.ok) return parsed
  const items = parsed.value
  if (!Array.isArray(items)) return { ok: false, problem: "the subtasks are not a JSON array" }
  const texts: Array<string> = []
  for (const item of items) {
    if (typeof item !== "string") return { ok: false, problem: "a subtask is not a string" }
    texts.push(item)
  }
  if (texts.length === 0) return { ok: false, problem: "the list of subtasks is empty" }
  return { ok: true, value: texts }
}

const told = (problems: ReadonlyArray<ValueProblem>): string | undefined =>
  problems.length === 0 ? undefined : problems.map(({ path, message }) => `${path === "" ? "the value" : path}: ${message}`).join("; ")

/** Told to the agent with each turn; undefined when nothing is asked of its answer. */
export const outputContract = (session: Session, subtasks: boolean): string | undefined => {
  const parts: Array<string> = []
  if (session.output !== undefined) {
    const shape = session.output.schema === undefined ? printType(session.output.type) : `this JSON Schema: ${JSON.stringify(session.output.schema)}`
    parts.push(`End your answer with a fenced block tagged fleet-output that holds JSON of the form ${shape}`)
  }
  if (subtasks) parts.push("End your answer with a fenced block tagged fleet-subtasks that holds a JSON array of strings, one per subtask.")
  return parts.length === 0 ? undefined : parts.join("\n")
}

export const askAgain = (problem: string): string =>
  `Your answer could not be used: ${problem}. Answer again and end with a fenced block tagged fleet-output that holds JSON of the form asked for.`
