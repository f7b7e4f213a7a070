/** What the app server asks us, as our requests, and our replies as its results. */
import type { Json } from "#ir"
import { commandRisk, elicitationEvent, elicitationResult, fieldsOf, formOf, isFields, isList, listOf, textOf } from "#sdk"
import type { AgentEvent, Fields } from "#sdk"

export interface Asked {
  readonly event: AgentEvent
  /** The result that a reply comes to. */
  readonly result: (reply: Json) => Json
  /** The result when nobody can be asked any more. */
  readonly cancelled: Json
}

const allows = (reply: Json): boolean => reply === true || (typeof reply === "string" && reply.startsWith("allow"))
const undecided: Json = { decision: "cancel" }
const decision = (reply: Json): Json => ({ decision: reply === "allow_always" ? "acceptForSession" : allows(reply) ? "accept" : "decline" })

const permission = (req_id: string, tool: string, input: Json, risk_level: "medium" | "high", scope: string): AgentEvent => ({
  kind: "cap.permission.request",
  req_id,
  tool,
  intent: input,
  risk_level,
  scope,
})

const present = (fields: Fields, ...names: ReadonlyArray<string>): Fields =>
  Object.fromEntries(names.flatMap((name) => (fields[name] === undefined || fields[name] === null ? [] : [[name, fields[name]]])))

const answerText = (value: Json | undefined): ReadonlyArray<string> =>
  value === undefined || value === null ? [] : isList(value) ? value.flatMap(answerText) : [typeof value === "string" ? value : JSON.stringify(value)]

/** One text answers every question; a record by question or id, or a list in order, answers each. */
const question = (req_id: string, params: Fields): Asked => {
  const questions = listOf(params["questions"]).map(fieldsOf)
  const options = questions.length === 1 ? listOf(questions[0]?.["options"]).map((option) => textOf(fieldsOf(option)["label"])) : []
  const answerTo = (reply: Json, index: number, id: string, asked: string): Json | undefined =>
    isList(reply) ? reply[index] : isFields(reply) ? (reply[asked] ?? reply[id]) : reply
  return {
    event: {
      kind: "cap.ask_user",
      ask_id: req_id,
      prompt: questions.map((each) => textOf(each["question"])).join("\n"),
      ...formOf(options.map((label) => ({ id: label, label }))),
    },
    cancelled: { answers: {} },
    result: (reply) => ({
      answers: Object.fromEntries(
        questions.map((each, index) => {
          const id = textOf(each["id"])
          return [id, { answers: answerText(answerTo(reply, index, id, textOf(each["question"]))) }]
        }),
      ),
    }),
  }
}

const elicited = (action: Json, content: Json = null, meta: Json = null): Json => ({ action, content, _meta: meta })

/** Of a server of MCP: a form, or whether a tool of it may be called, which is a form without fields. Nothing for what wants a browser. */
const elicitation = (req_id: string, params: Fields): Asked | undefined => {
  const meta = fieldsOf(params["_meta"])
  const cancelled = elicited("cancel")
  if (meta["codex_approval_kind"] === "mcp_tool_call") {
    const risk = fieldsOf(meta["tool_annotations"])["destructiveHint"] === true ? "high" : "medium"
    const kept = listOf(meta["persist"]).includes("session") ? { persist: "session" } : null
    return {
      event: permission(req_id, `${textOf(params["serverName"])}/${textOf(meta["tool_name"])}`, meta["tool_params"] ?? {}, risk, "execute"),
      result: (reply) => (allows(reply) ? elicited("accept", {}, reply === "allow_always" ? kept : null) : elicited("decline")),
      cancelled,
    }
  }
  if (!isFields(params["requestedSchema"])) return undefined
  return {
    event: elicitationEvent(req_id, params),
    result: (reply) => {
      const { action = "decline", content } = fieldsOf(elicitationResult(params, reply))
      return elicited(action, content)
    },
    cancelled,
  }
}

/** What nobody has to be asked for: tools of ours there are none, there is a clock, and there is no browser. Nothing for methods that are not known here. */
export const readyResult = (method: string, params: Fields, now: () => number): Json | undefined => {
  switch (method) {
    case "mcpServer/elicitation/request":
      return elicited("decline")
    case "item/tool/call":
      return { success: false, contentItems: [{ type: "inputText", text: `there is no tool ${textOf(params["tool"])}` }] }
    case "currentTime/read":
      return { currentTimeAt: Math.floor(now() / 1000) }
    default:
      return undefined
  }
}

/** Nothing for a request that nobody is asked about. `changes`: those of the item that a patch belongs to. */
export const readServerRequest = (req_id: string, method: string, params: Fields, changes: (item: string) => Json): Asked | undefined => {
  switch (method) {
    case "item/commandExecution/requestApproval": {
      const risk =
        params["networkApprovalContext"] === undefined || params["networkApprovalContext"] === null ? commandRisk(textOf(params["command"])) : "medium"
      return {
        event: permission(req_id, "shell", present(params, "command", "cwd", "reason", "networkApprovalContext"), risk, "execute"),
        result: decision,
        cancelled: undecided,
      }
    }
    case "item/fileChange/requestApproval": {
      const input = { changes: changes(textOf(params["itemId"])), ...present(params, "reason", "grantRoot") }
      return {
        event: permission(req_id, "apply_patch", input, typeof params["grantRoot"] === "string" ? "high" : "medium", "write"),
        result: decision,
        cancelled: undecided,
      }
    }
    case "item/permissions/requestApproval":
      return {
        event: permission(req_id, "permissions", present(params, "permissions", "reason", "cwd"), "high", "execute"),
        result: (reply) => ({ permissions: allows(reply) ? (params["permissions"] ?? {}) : {}, scope: reply === "allow_always" ? "session" : "turn" }),
        cancelled: { permissions: {}, scope: "turn" },
      }
    case "item/tool/requestUserInput":
      return question(req_id, params)
    case "mcpServer/elicitation/request":
      return elicitation(req_id, params)
    default:
      return undefined
  }
}
