/** What Claude Code asks before it calls a tool, as our requests, and our replies as its answers. */
import type { Json } from "#ir"
import { commandRisk, fieldsOf, formOf, isFields, isList, listOf, textOf } from "#sdk"
import type { AgentEvent, Fields } from "#sdk"

const reading = new Set(["Read", "Glob", "Grep", "LS", "NotebookRead", "TodoWrite"])
const writing = new Set(["Write", "Edit", "MultiEdit", "NotebookEdit"])
const fetching = new Set(["WebFetch", "WebSearch"])

/** How much harm a call of a tool can do, and to what. A tool nobody knows is of medium risk. */
export const riskOf = (tool: string, input: Json): { readonly risk_level: "low" | "medium" | "high"; readonly scope: string } => {
  if (reading.has(tool)) return { risk_level: "low", scope: "read" }
  if (writing.has(tool)) return { risk_level: "medium", scope: "write" }
  if (fetching.has(tool)) return { risk_level: "medium", scope: "network" }
  return { risk_level: commandRisk(textOf(fieldsOf(input)["command"])), scope: "execute" }
}

export interface Asked {
  readonly tool: string
  readonly input: Json
  readonly suggestions: ReadonlyArray<Json>
}

/** The tool by which the model asks its user something. */
const questionTool = "AskUserQuestion"

const questionsOf = ({ input }: Asked): ReadonlyArray<Fields> => listOf(fieldsOf(input)["questions"]).map(fieldsOf)

export const requestEvent = (request: string, asked: Asked): AgentEvent => {
  if (asked.tool !== questionTool) {
    const { tool, input } = asked
    return { kind: "cap.permission.request", req_id: request, tool, intent: input, ...riskOf(tool, input) }
  }
  const questions = questionsOf(asked)
  const options = questions.length === 1 ? listOf(questions[0]?.["options"]).map((option) => textOf(fieldsOf(option)["label"])) : []
  return {
    kind: "cap.ask_user",
    ask_id: request,
    prompt: questions.map((question) => textOf(question["question"])).join("\n"),
    ...formOf(options.map((label) => ({ id: label, label }))),
  }
}

const allows = (reply: Json): boolean => reply === true || (typeof reply === "string" && reply.startsWith("allow"))

/** "Always" holds for this conversation: rules of ours, or those suggested, but never written into the workspace. */
const lasting = ({ tool, suggestions }: Asked): Json => {
  const rules = suggestions
    .map(fieldsOf)
    .filter(({ type, behavior }) => type === "addRules" && behavior === "allow")
    .flatMap((suggestion) => listOf(suggestion["rules"]))
  return [{ type: "addRules", rules: rules.length === 0 ? [{ toolName: tool }] : rules, behavior: "allow", destination: "session" }]
}

const words = (value: Json | undefined): string =>
  typeof value === "string" ? value : isList(value) ? value.map(words).join(", ") : value === undefined || value === null ? "" : JSON.stringify(value)

/** One text answers every question; a record by question or header, or a list in order, answers each. */
const answers = (asked: Asked, reply: Json): Fields =>
  Object.fromEntries(
    questionsOf(asked).map(({ question, header }, index) => {
      const [name, short] = [textOf(question), textOf(header)]
      if (isList(reply)) return [name, words(reply[index])]
      return [name, words(isFields(reply) ? (reply[name] ?? reply[short]) : reply)]
    }),
  )

const refusal = (message: string): Json => ({ behavior: "deny", message })

/** The body of the answer. A question that nobody answers (`null`) is refused. */
export const answerTo = (asked: Asked, reply: Json): Json => {
  if (asked.tool === questionTool) {
    return reply === null
      ? refusal("Nobody is there to answer.")
      : { behavior: "allow", updatedInput: { ...fieldsOf(asked.input), answers: answers(asked, reply) } }
  }
  if (!allows(reply)) return refusal("The fleet does not permit this.")
  return { behavior: "allow", updatedInput: asked.input, ...(reply === "allow_always" ? { updatedPermissions: lasting(asked) } : {}) }
}
