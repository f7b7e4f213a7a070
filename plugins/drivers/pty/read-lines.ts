/** What whole lines of a terminal mean besides their text, by the `[parse]` patterns of CAP v1 (5.1): tools, plans, thoughts, errors, questions. Pure. */
import { formOf, namedGroups, safePattern } from "#sdk"
import type { AgentEvent, Fields } from "#sdk"

export const patternNames = ["tool_call_start", "tool_call_end", "plan_section", "thought_section", "ask_yes_no", "ask_options", "error_lines"] as const
export type PatternName = (typeof patternNames)[number]
/** Patterns of which one must match. */
export type LinePatterns = { readonly [name in PatternName]?: ReadonlyArray<string> }

export type LineMeaning =
  | { readonly type: "text"; readonly line: string }
  | { readonly type: "tool"; readonly call: string; readonly tool: string; readonly args: string }
  | { readonly type: "tool.done"; readonly call: string; readonly isError: boolean }
  | { readonly type: "event"; readonly event: AgentEvent }

export interface Question {
  readonly prompt: string
  readonly form: Fields
  /** What is typed for an answer, when it is a yes or a no. */
  readonly kind: "yes_no" | "options"
}

export interface LineReader {
  readonly read: (line: string) => ReadonlyArray<LineMeaning>
  /** What was begun and is not told yet, at the end of a turn. */
  readonly end: () => ReadonlyArray<LineMeaning>
  /** What is asked when the program has fallen silent and shows this last. */
  readonly question: (lastLine: string) => Question | undefined
}

const codes: ReadonlyArray<readonly [RegExp, string]> = [
  [/rate.?limit|too many requests|\b429\b/iu, "rate_limit"],
  [/auth|log.?in|api.?key|\b401\b/iu, "auth_error"],
  [/context/iu, "context_overflow"],
  [/model/iu, "model_unavailable"],
  [/time.?out|timed out/iu, "tool_timeout"],
]

const entry = /^\s*(?:[-*+•]|\d+[.)])?\s*(?:\[([ xX~>!-])\]|([☐☑☒✔✓▶◼◻]))?\s*(\S.*)$/u
const isEntry = /^\s*(?:[-*+•]\s|\d+[.)]\s|\[[ xX~>!-]\]\s|[☐☑☒✔✓▶◼◻])/u
const statusOf = (mark: string): string => {
  if (/[xX☑☒✔✓◼]/u.test(mark)) return "completed"
  if (/[~>▶]/u.test(mark)) return "in_progress"
  return mark === "!" ? "blocked" : mark === "-" ? "cancelled" : "pending"
}
const numbered = /^\s*(?:[❯>*•-]\s*)?(\d+)[.):]\s+(\S.*?)\s*$/u

export const makeLineReader = (patterns: LinePatterns): LineReader => {
  const tests = new Map(patternNames.map((name) => [name, (patterns[name] ?? []).map(safePattern).flatMap((one) => (one.ok ? [one.test] : []))]))
  const matches = (name: PatternName, line: string): boolean => tests.get(name)?.some((test) => test(line)) === true
  const finders = (name: "tool_call_start" | "tool_call_end") => (patterns[name] ?? []).map(namedGroups)
  const groups = { tool_call_start: finders("tool_call_start"), tool_call_end: finders("tool_call_end") }
  const groupsOf = (name: "tool_call_start" | "tool_call_end", line: string) => {
    for (const find of groups[name]) {
      const found = find(line)
      if (found !== undefined) return found
    }
    return undefined
  }

  let calls = 0
  let open: ReadonlyArray<{ readonly call: string; readonly tool: string }> = []
  let section: "plan" | "thought" | undefined
  let plan: ReadonlyArray<Fields> = []
  let choices: { readonly prompt: string; readonly offered: Array<{ readonly id: string; readonly label: string }> } | undefined

  const endSection = (): ReadonlyArray<LineMeaning> => {
    const entries = plan
    const ended = section
    section = undefined
    plan = []
    return ended === "plan" && entries.length > 0 ? [{ type: "event", event: { kind: "cap.plan", entries } }] : []
  }
  const inSection = (line: string): ReadonlyArray<LineMeaning> | undefined => {
    if (section === "thought") {
      if (line.trim() === "") return [...endSection(), { type: "text", line }]
      return [{ type: "event", event: { kind: "cap.thought", text: line } }]
    }
    if (section === undefined) return undefined
    if (line.trim() === "" && plan.length === 0) return []
    if (!isEntry.test(line)) return undefined
    const [, box = "", sign = "", content = ""] = entry.exec(line) ?? []
    plan = [...plan, { id: `p${plan.length + 1}`, content: content.trim(), status: statusOf(box || sign) }]
    return []
  }
  /** Without a pattern for the end of calls, each lasts until the next, or to the end of the turn. */
  const endUnseen = (): ReadonlyArray<LineMeaning> => {
    if (groups.tool_call_end.length > 0) return []
    const ended = open
    open = []
    return ended.map(({ call }) => ({ type: "tool.done", call, isError: false }))
  }
  const toolOf = (line: string): ReadonlyArray<LineMeaning> | undefined => {
    const done = groupsOf("tool_call_end", line)
    const ended = done === undefined ? undefined : open.findLast(({ tool }) => done["tool"] === undefined || tool === done["tool"])
    if (ended !== undefined) {
      open = open.filter((one) => one !== ended)
      return [{ type: "tool.done", call: ended.call, isError: /fail|error|denied/iu.test(done?.["status"] ?? "") }]
    }
    const begun = groupsOf("tool_call_start", line)
    if (begun === undefined) return undefined
    const before = endUnseen()
    const call = `line-${++calls}`
    const tool = begun["tool"] ?? "tool"
    open = [...open, { call, tool }]
    return [...before, { type: "tool", call, tool, args: begun["args"] ?? "" }]
  }

  const read = (line: string): ReadonlyArray<LineMeaning> => {
    const call = toolOf(line)
    if (call !== undefined) return [...endSection(), ...call]
    if (matches("plan_section", line)) {
      const before = endSection()
      section = "plan"
      return before
    }
    if (matches("thought_section", line)) {
      const before = endSection()
      section = "thought"
      return [...before, { type: "event", event: { kind: "cap.thought", text: line } }]
    }
    const within = inSection(line)
    if (within !== undefined) return within
    const before = endSection()
    if (matches("ask_options", line)) choices = { prompt: line, offered: [] }
    else if (choices !== undefined) {
      const [, id, label] = numbered.exec(line) ?? []
      if (id !== undefined && label !== undefined) choices.offered.push({ id, label })
    }
    if (!matches("error_lines", line)) return [...before, { type: "text", line }]
    const code = codes.find(([known]) => known.test(line))?.[1] ?? "agent_error"
    const error: AgentEvent = { kind: "cap.error", code, message: line.trim(), retryable: code === "rate_limit" }
    return [...before, { type: "event", event: error }, { type: "text", line }]
  }

  return {
    read,
    end: () => {
      const last = [...endSection(), ...endUnseen()]
      open = []
      choices = undefined
      return last
    },
    question: (lastLine) => {
      if (matches("ask_yes_no", lastLine))
        return {
          kind: "yes_no",
          prompt: lastLine.trim(),
          form: formOf([
            { id: "y", label: "Yes" },
            { id: "n", label: "No" },
          ]),
        }
      if (choices === undefined && matches("ask_options", lastLine)) choices = { prompt: lastLine, offered: [] }
      if (choices === undefined) return undefined
      const { prompt, offered } = choices
      choices = undefined
      return { kind: "options", prompt: prompt.trim(), form: formOf(offered) }
    },
  }
}
