/** What an agent wants to do with a tool, out of the input that each agent words in its own way. Whatever is not found is empty, never an error. */
import type { Json } from "#ir"
import { fieldsOf, isList, textOf } from "./json.ts"
import type { PolicyPayload } from "./policy.ts"

const commandKeys = ["command", "cmd", "script", "shell"] as const
/** The last word of a key that holds a path, or several: `file_path`, `newPath`, `paths`. */
const pathWords: ReadonlySet<string> = new Set(
  ["path", "file", "filename", "dir", "directory", "folder", "location", "destination", "dest", "cwd", "uri"].flatMap((word) => [word, `${word}s`]),
)
/** Words that end other keys as well (`new_source`), so they count alone. */
const wholePathKeys: ReadonlySet<string> = new Set(["target", "source", "directories", "grantRoot"])
const deepestPath = 4

/** The shell command; arguments of a list are joined by spaces, and of `bash -lc "…"` it is the script. Empty when the tool runs none. */
export const commandOf = (payload: PolicyPayload): string => {
  const input = fieldsOf(payload["input"])
  for (const key of commandKeys) {
    const value = input[key] ?? payload[key]
    if (typeof value === "string" && value !== "") return scriptOf(quotedWords(value)) ?? value
    if (isList(value)) {
      const words = value.map(textOf)
      return scriptOf(words) ?? words.join(" ")
    }
  }
  return ""
}

const scriptOf = (words: ReadonlyArray<string> = []): string | undefined => {
  const [shell = "", flag = "", script] = words
  return words.length === 3 && /(?:^|\/)(?:ba|z|da|k)?sh$/.test(shell) && /^-[a-z]*c$/.test(flag) ? script : undefined
}

const longestQuoted = 100_000

/** The words of a line that is nothing but words (Codex tells its calls so: `/bin/bash -lc 'npm test'`); undefined when a shell would make more of it. */
const quotedWords = (line: string): ReadonlyArray<string> | undefined => {
  if (line.length > longestQuoted) return undefined
  const words: Array<string> = []
  let rest = line.trim()
  let word = ""
  while (rest !== "") {
    const [part = "", single, double, escaped, plain] = /^(?:'([^']*)'|"((?:[^"\\$`]|\\[^])*)"|\\([^])|([^\s'"\\;&|<>()$`*?[\]{}~#]+))/.exec(rest) ?? []
    if (part === "") return undefined
    word += single ?? double?.replaceAll(/\\(["\\$`])/g, "$1") ?? escaped ?? plain ?? ""
    rest = rest.slice(part.length)
    const space = /^\s+/.exec(rest)?.[0] ?? ""
    if (space === "" && rest !== "") continue
    words.push(word)
    word = ""
    rest = rest.slice(space.length)
  }
  return words
}

const namesPath = (key: string): boolean =>
  wholePathKeys.has(key) ||
  pathWords.has(
    key
      .split(/[_\-.]|(?<=[a-z])(?=[A-Z])/)
      .at(-1)
      ?.toLowerCase() ?? "",
  )

/** Files and directories that the tool names, as it writes them, in records and lists too (`changes: [{ path }]`). */
export const pathsOf = (payload: PolicyPayload): ReadonlyArray<string> => [...pathsIn(payload["input"], deepestPath), ...pathsIn(payload, 0)]

const pathsIn = (value: Json | undefined, deep: number): ReadonlyArray<string> => {
  if (isList(value)) return deep === 0 ? [] : value.flatMap((one) => pathsIn(one, deep - 1))
  return Object.entries(fieldsOf(value)).flatMap(([key, held]) => {
    const named = namesPath(key) ? (isList(held) ? held : [held]).map(textOf).filter((path) => path !== "") : []
    return deep === 0 ? named : [...named, ...pathsIn(held, deep - 1)]
  })
}

/**
 * The simple commands of a shell line, split at `;`, `&`, `|` and newlines outside of quotes. `plain: false` when parts of it come from
 * elsewhere (`$(…)`, backquotes, `eval`, redirections into files, variables in the place of the program): then nobody can say what it runs.
 */
export const simpleCommands = (line: string): { readonly commands: ReadonlyArray<string>; readonly plain: boolean } => {
  const commands: Array<string> = []
  let current = ""
  let quote = ""
  let plain = true
  for (let at = 0; at < line.length; at++) {
    const unit = line.charAt(at)
    if (unit === "\\" && quote !== "'") {
      current += unit + line.charAt(++at)
      continue
    }
    if (quote !== "'" && (unit === "`" || (unit === "$" && line.charAt(at + 1) === "("))) plain = false
    if (quote === "" && (unit === "'" || unit === '"')) quote = unit
    else if (unit === quote) quote = ""
    if (quote === "" && (unit === "<" || unit === ">" || unit === "(" || unit === ")" || unit === "{")) plain = false
    if (quote === "" && /[;&|\n]/.test(unit)) {
      commands.push(current)
      current = ""
    } else current += unit
  }
  commands.push(current)
  const trimmed = commands.map((command) => command.trim()).filter((command) => command !== "")
  const indirect = trimmed.some((command) =>
    /^(?:eval|exec|source|\.|env|xargs|sudo|doas|(?:\S*\/)?(?:ba|z|da|k)?sh|[A-Za-z_]\w*=)(?:\s|$)|^\S*[$=]/.test(command),
  )
  return { commands: trimmed, plain: plain && quote === "" && !indirect }
}
