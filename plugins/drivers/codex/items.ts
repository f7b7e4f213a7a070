/** The items of a turn that are calls of tools, in both protocols of Codex: the app server's names, and those of exec. */
import type { Json } from "#ir"
import { fieldsOf, listOf, textOf } from "#sdk"
import type { Fields } from "#sdk"

export interface ToolItem {
  readonly call: string
  readonly tool: string
  readonly input: Json
  readonly isError: boolean
}

export const changesOf = (item: Fields): Json =>
  listOf(item["changes"])
    .map(fieldsOf)
    .map(({ path = "", kind }) => ({ path, kind: textOf(kind) || textOf(fieldsOf(kind)["type"]) }))

const toolOf = (item: Fields): { readonly tool: string; readonly input: Json } | undefined => {
  switch (item["type"]) {
    case "commandExecution":
    case "command_execution":
      return { tool: "shell", input: { command: item["command"] ?? "", ...(item["cwd"] === undefined ? {} : { cwd: item["cwd"] }) } }
    case "fileChange":
    case "file_change":
      return { tool: "apply_patch", input: { changes: changesOf(item) } }
    case "mcpToolCall":
    case "mcp_tool_call":
      return { tool: `${textOf(item["server"])}/${textOf(item["tool"])}`, input: item["arguments"] ?? {} }
    case "dynamicToolCall":
    case "collabAgentToolCall":
      return { tool: textOf(item["tool"]), input: item["arguments"] ?? { prompt: item["prompt"] ?? null } }
    case "webSearch":
    case "web_search":
      return { tool: "web_search", input: { query: item["query"] ?? "" } }
    default:
      return undefined
  }
}

/** Nothing for an item that is no call: a message, a thought, a plan. */
export const toolItem = (item: Fields): ToolItem | undefined => {
  const found = toolOf(item)
  return found === undefined ? undefined : { ...found, call: textOf(item["id"]), isError: item["status"] === "failed" || item["status"] === "declined" }
}
