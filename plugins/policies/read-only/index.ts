/** `read-only`: a session looks and changes nothing. Who cannot be asked before he acts is not started. */
import { commandOf, definePolicy, optionalFields, simpleCommands, textOf, type PolicyDecision, type PolicyPayload } from "#sdk"

const denied = (reason: string): PolicyDecision => ({ effect: "deny", reasons: [reason] })

const readingTool =
  /^(?:read|view|open|cat|ls|list|list_?(?:dir|directory|files)|glob|grep|search|find|notebookread|ls_files|todowrite|think|read_file|read_many_files|search_file_content)$/i
const readers =
  /^(?:ls|cat|head|tail|wc|stat|pwd|echo|printf|du|df|tree|which|type|date|uname|basename|dirname|realpath|readlink|sort|cut|tr|nl|diff|cmp|grep|egrep|fgrep|rg|ag|jq|true|test)(?:\s|$)/
const gitReaders =
  /^git\s+(?:-C\s+\S+\s+|--no-pager\s+)*(?:status|log|diff|show|blame|grep|ls-files|ls-tree|rev-parse|describe|shortlog|cat-file|merge-base)(?:\s|$)/
/** Options by which a reader writes or runs something. */
const writing =
  /\s(?:-[A-Za-z]*[oO]\S*|--output\S*|--ext-diff|--textconv|--pre\S*|--open-files-in-pager\S*|--pager\S*|--compress-program\S*|--hostname-bin\S*|-i|--in-place\S*)(?:[\s=]|$)/

const readsOnly = (line: string): boolean => {
  const { commands, plain } = simpleCommands(line)
  return plain && commands.length > 0 && commands.every((command) => (readers.test(command) || gitReaders.test(command)) && !writing.test(command))
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
