/** `read-only`: a session looks and changes nothing. Who cannot be asked before he acts is not started. */
import { commandOf, definePolicy, optionalFields, simpleCommands, textOf, type PolicyDecision, type PolicyPayload } from "#sdk"
import { reads } from "./readers.ts"

const denied = (reason: string): PolicyDecision => ({ effect: "deny", reasons: [reason] })

const readingTool =
  /^(?:read|view|open|cat|ls|list|list_?(?:dir|directory|files)|glob|grep|search|find|notebookread|ls_files|todowrite|think|read_file|read_many_files|search_file_content)$/i

const readsOnly = (line: string): boolean => {
  const { plain, known, runs } = simpleCommands(line)
  return plain && known && runs.length > 0 && runs.every(reads)
}

const decideTool = (payload: PolicyPayload): PolicyDecision => {
  const line = commandOf(payload)
  if (line !== "")
    return readsOnly(line) ? { effect: "allow", reasons: ["the command only reads"] } : denied("the session is read-only, and the command may change something")
  if (textOf(payload["scope"]) === "read" || readingTool.test(textOf(payload["tool"]))) return { effect: "allow", reasons: ["the tool only reads"] }
  return denied("the session is read-only, and the tool may change something")
}

export const readOnly = definePolicy({
  config: optionalFields({}),
  boundaries: ["tool", "spawn"],
  decide: (boundary, payload) =>
    boundary === "tool"
      ? decideTool(payload)
      : payload["asks"] === false
        ? denied("the session is read-only, and its driver cannot be asked before it acts")
        : undefined,
})
