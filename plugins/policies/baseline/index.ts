/**
 * `baseline`: what hardly any fleet wants. Denied: commands that destroy more than the workspace, and keys and passwords kept in the home directory.
 * Asked for, whatever the permission mode: what leaves the machine, works as somebody else, deletes elsewhere, or cannot be judged.
 */
import { commandOf, definePolicy, namedPlaces, optionalFields, pathsOf, simpleCommands, type PolicyDecision, type PolicyPayload } from "#sdk"
import { destruction, isForkBomb, type Verdict } from "./destruction.ts"
import { isKeyPath } from "./key-paths.ts"
import { asksFor } from "./leaving.ts"

/** Longer lines are not taken apart. */
const longest = 50_000
/** Of as many words of a line the links are followed. */
const mostFollowed = 100

const wordsAnywhere = (line: string): ReadonlyArray<string> => line.split(/[\s"'`;&|(){}]+/).filter((word) => word !== "")

/** In a line that nobody can read, a command may begin at any word. */
const destroysAnywhere = (line: string): Verdict | undefined => {
  const words = wordsAnywhere(line)
  return destruction(
    words.map((_, at) => ({ words: words.slice(at, at + 50), sure: 50 })),
    [],
    undefined,
  )
}

const decideTool = (payload: PolicyPayload, workspace: string): PolicyDecision | undefined => {
  const line = commandOf(payload)
  if (line.length > longest) return { effect: "ask", reasons: ["the command is too long to be judged"] }
  const { runs, known, files } = simpleCommands(line)
  const words = [...new Set(runs.flatMap((run) => run.words))]
  const named = [...words.filter((word) => !word.startsWith("-")).slice(0, mostFollowed), ...files, ...pathsOf(payload)]
  const destroys = isForkBomb(line) ? ({ effect: "deny", reason: "it is a fork bomb" } as const) : destruction(runs, files, workspace)
  const anywhere = known ? undefined : destroysAnywhere(line)
  const denied = [destroys, anywhere].find((verdict) => verdict?.effect === "deny")
  if (denied !== undefined) return { effect: "deny", reasons: [denied.reason] }
  if (isKeyPath(line) || [...words, ...files].some(isKeyPath) || named.some((path) => isKeyPath(path) || namedPlaces(path, workspace).some(isKeyPath)))
    return { effect: "deny", reasons: ["it touches keys or passwords of the user"] }
  const asked = runs.map(asksFor).find((reason) => reason !== undefined) ?? destroys?.reason ?? (known ? undefined : "nobody can say what it runs")
  return asked === undefined ? undefined : { effect: "ask", reasons: [asked] }
}

export const baseline = definePolicy({
  config: optionalFields({}),
  boundaries: ["tool"],
  decide: (_, payload, { workspace = "/" }) => decideTool(payload, workspace),
})
