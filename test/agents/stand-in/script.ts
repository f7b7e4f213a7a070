/**
 * What the stand-in for the model services plays. The prompt carries its script, `PLAY:[{"tool":["Bash",{…}]},{"say":"done"}]`:
 * the n-th step answers the n-th request after the message with the script, so nothing has to be kept between requests.
 * A prompt without a script is looked up in the rules; one that no rule knows is repeated.
 */

/** A message of the conversation, whatever service it came to. `tool` is what a tool answered. */
export interface Said {
  readonly role: "user" | "assistant" | "tool" | "system"
  readonly text: string
}

export type ToolCall = readonly [name: string, input: unknown]

export interface Step {
  readonly say?: string
  readonly think?: string
  readonly tool?: ToolCall
  readonly tools?: ReadonlyArray<ToolCall>
  /** Says what the last tool answered. */
  readonly echo?: boolean
  /** Says what the first group of this regular expression finds in the earliest message of the user that has it. */
  readonly recall?: string
  readonly err?: { readonly status: number; readonly type?: string; readonly message?: string }
  /** Cuts the connection in the middle of the answer. */
  readonly drop?: boolean
  /** Answers with headers and then nothing. */
  readonly hang?: boolean
  /** Milliseconds before each part. */
  readonly wait?: number
  /** In how many parts a text comes. */
  readonly chunks?: number
  readonly usage?: { readonly in?: number; readonly out?: number }
  readonly stop?: string
}

/** For prompts that are written for a model: the first rule whose text is in the user's message plays, else the first whose text is in the system prompt. */
export interface Rule {
  readonly when: string
  readonly play: ReadonlyArray<Step>
}

export type Play = Omit<Step, "tool" | "echo" | "recall"> & { readonly tools: ReadonlyArray<ToolCall> }

const mark = "PLAY:["

/** Where the JSON array that begins at `from` ends; -1 when it does not. */
const endOfArray = (text: string, from: number): number => {
  let depth = 0
  let quoted = false
  for (let at = from; at < text.length; at++) {
    const letter = text[at]
    if (quoted) {
      if (letter === "\\") at++
      else if (letter === '"') quoted = false
    } else if (letter === '"') quoted = true
    else if (letter === "[" || letter === "{") depth++
    else if (letter === "]" || letter === "}") depth--
    if (depth === 0) return at + 1
  }
  return -1
}

const isSteps = (value: unknown): value is ReadonlyArray<Step> => Array.isArray(value) && value.every((step) => typeof step === "object" && step !== null)

/** The last script in a text. One that is quoted in another does not parse, because its quotes are escaped. */
export const readScript = (text: string): ReadonlyArray<Step> | undefined => {
  for (let at = text.lastIndexOf(mark); at >= 0; at = at === 0 ? -1 : text.lastIndexOf(mark, at - 1)) {
    const from = at + mark.length - 1
    const end = endOfArray(text, from)
    if (end < 0) continue
    try {
      const steps: unknown = JSON.parse(text.slice(from, end))
      if (isSteps(steps)) return steps
    } catch {
      // Not this one: an earlier one may be.
    }
  }
  return undefined
}

/** A turn begins with the message of the user that follows an answer, or nothing; agents add messages of their own to it. */
const beginsTurn = (said: ReadonlyArray<Said>, at: number): boolean => {
  const before = said.slice(0, at).findLast(({ role }) => role !== "system")
  return before === undefined || before.role === "assistant"
}

const stepsFor = (said: ReadonlyArray<Said>, at: number, system: string, rules: ReadonlyArray<Rule>): ReadonlyArray<Step> | undefined => {
  const { role, text } = said[at] ?? { role: "system", text: "" }
  if (role !== "user") return undefined
  const own = readScript(text) ?? rules.find(({ when }) => text.includes(when))?.play
  return own ?? (beginsTurn(said, at) ? rules.find(({ when }) => system.includes(when))?.play : undefined)
}

const textOf = (step: Step, said: ReadonlyArray<Said>): string | undefined => {
  if (step.echo === true) return said.findLast(({ role }) => role === "tool")?.text ?? ""
  if (step.recall === undefined) return step.say
  const pattern = new RegExp(step.recall, "u")
  return (
    said
      .filter(({ role }) => role === "user")
      .map(({ text }) => pattern.exec(text)?.[1])
      .find((found) => found !== undefined) ?? "nothing to recall"
  )
}

/** Answers since a message: those of the model that follow each other are one. */
const answersSince = (said: ReadonlyArray<Said>, from: number): number =>
  said.slice(from + 1).filter(({ role }, index, rest) => role === "assistant" && rest[index - 1]?.role !== "assistant").length

/** The step to play. `tools`: what the agent offers; a call of anything else is told instead of made. */
export const play = (said: ReadonlyArray<Said>, system: string, tools: ReadonlyArray<string> | undefined, rules: ReadonlyArray<Rule>): Play => {
  for (let at = said.length - 1; at >= 0; at--) {
    const steps = stepsFor(said, at, system, rules)
    if (steps === undefined) continue
    const step = steps[Math.min(answersSince(said, at), steps.length - 1)] ?? {}
    const calls = step.tools ?? (step.tool === undefined ? [] : [step.tool])
    const missing = tools === undefined ? undefined : calls.find(([name]) => !name.startsWith("mcp_") && !tools.includes(name))
    if (missing !== undefined) return { say: `no tool ${missing[0]} among ${(tools ?? []).join(", ")}`, tools: [] }
    const { tool: _tool, echo: _echo, recall: _recall, say: _say, ...rest } = step
    const text = textOf(step, said)
    return { ...rest, tools: calls, ...(text === undefined ? {} : { say: text }) }
  }
  return { say: `heard: ${said.findLast(({ role }) => role === "user")?.text.slice(-80) ?? ""}`, tools: [] }
}

/** A text in as many parts as the step wants, three unless told. */
export const parts = (text: string, count = 3): ReadonlyArray<string> => {
  const size = Math.max(1, Math.ceil(text.length / count))
  return Array.from({ length: Math.ceil(text.length / size) }, (_, index) => text.slice(index * size, (index + 1) * size))
}
