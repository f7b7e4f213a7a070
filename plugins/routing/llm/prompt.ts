/** What the model is told, as CAP words it. */
import type { RoutingView, SessionView } from "#sdk"

export const defaultSystemPrompt = `You coordinate a fleet of agents. One of them has just finished. Decide what happens next.
Answer with one JSON object and nothing else: {"actions": [...], "reasoning": "..."}
Actions: {"type": "route", "target": "<agent id>", "context": "<what it shall do>"}, {"type": "collect", "candidates": ["<agent id>", ...]} to let a person choose, {"type": "complete"} when all is done.
Name only agents that are listed. No actions: nothing follows from this agent.`

const tag = (status: string): string => (status === "done" ? "✓ completed" : status === "failed" ? "✗ failed" : "▶ running")

/** The start of a text that is too long, and how much is missing. */
const preview = (text: string, most: number): string => {
  if (text.length <= most) return text
  const kept = Math.max(0, most - 50)
  // half of a surrogate pair is no character
  const end = /[\uD800-\uDBFF]/.test(text.charAt(kept - 1)) ? kept - 1 : kept
  return `${text.slice(0, end)}\n[truncated ${text.length - end} chars]`
}

const isInstance = ({ id }: SessionView): boolean => id.includes("[")

export const promptOf = (session: string, view: RoutingView, maxContextChars: number): string => {
  const agents = view.sessions.filter((one) => !isInstance(one)).map(({ id, role }) => `- ${id}: ${role ?? "general agent"}`)
  const dynamic = view.dynamic
    .filter(({ left }) => left > 0)
    .map(({ id, role, left }) => `- ${id}: ${role ?? "general agent"} (each route to it begins a new one, at most ${left})`)
  const outputs = view.sessions
    .filter(({ text }) => text !== "")
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .map(({ id, status, text }) => `[${id}] ${tag(status)}\n${preview(text, maxContextChars)}`)
  return [
    `TASK\n${view.task ?? "none"}`,
    `AVAILABLE AGENTS\n${[...agents, ...dynamic].join("\n")}`,
    `AGENT OUTPUTS\n${outputs.join("\n\n")}`,
    `JUST FINISHED\n${session}`,
  ].join("\n\n")
}
