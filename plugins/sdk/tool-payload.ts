/** What an agent wants to do with a tool, out of the input that each agent words in its own way. Whatever is not found is empty, never an error. */
import type { Json } from "#ir"
import { fieldsOf, isList, listOf, textOf } from "./json.ts"
import type { PolicyPayload } from "./policy.ts"
import { readShellLine } from "./shell-line.ts"

const commandKeys = ["command", "cmd", "script", "shell"] as const
/** The last word of a key that holds a path, or several: `file_path`, `newPath`, `paths`. */
const pathWords: ReadonlySet<string> = new Set(
  ["path", "file", "filename", "dir", "directory", "folder", "location", "destination", "dest", "cwd", "uri"].flatMap((word) => [word, `${word}s`]),
)
/** Words that end other keys as well (`new_source`), so they count alone. */
const wholePathKeys: ReadonlySet<string> = new Set(["target", "source", "directories", "grantRoot"])
const deepestPath = 4

/**
 * The shell command; of a list it is the line that means the same, and of `bash -lc "…"` the script. What stands under several keys is joined as lines,
 * since nobody can say which of them the tool takes. Empty when the tool runs none.
 */
export const commandOf = (payload: PolicyPayload): string => {
  const input = fieldsOf(payload["input"])
  const lines = [input, payload].flatMap((fields) => commandKeys.map((key) => commandIn(fields[key], fields)))
  return [...new Set(lines.filter((line) => line !== ""))].join("\n")
}

/** `args` beside a command are its arguments (ACP tells its terminals so). */
const commandIn = (value: Json | undefined, fields: { readonly [key: string]: Json }): string => {
  const args = listOf(fields["args"]).map(textOf)
  if (typeof value === "string" && args.length > 0) return lineOf([value, ...args])
  if (typeof value === "string") return value.trim() === "" ? "" : (scriptOf(quotedWords(value)) ?? value)
  const words = listOf(value).map(textOf)
  return scriptOf(words) ?? lineOf(words)
}

const scriptOf = (words: ReadonlyArray<string> = []): string | undefined => {
  const [shell = "", flag = "", script] = words
  return words.length === 3 && /(?:^|\/)(?:ba|z|da|k)?sh$/.test(shell) && /^-[a-z]*c$/.test(flag) ? script : undefined
}

const longestRead = 100_000

/** The words of a line that is nothing but words (Codex tells its calls so: `/bin/bash -lc 'npm test'`); undefined when a shell would make more of it. */
const quotedWords = (line: string): ReadonlyArray<string> | undefined => {
  if (line.length > longestRead || !/^\S*sh\s/.test(line.trimStart())) return undefined
  const { commands, plain, broken } = readShellLine(line)
  const [command, more] = commands
  return command !== undefined && more === undefined && plain && !broken && command.words.every(({ sure }) => sure)
    ? command.words.map(({ text }) => text)
    : undefined
}

/** A list of words as a line that a shell reads as that list. */
const lineOf = (words: ReadonlyArray<string>): string =>
  words.length === 1 ? (words[0] ?? "") : words.map((word) => (/^[\w@%+=:,./~^-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(" ")

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
