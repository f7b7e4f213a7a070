/**
 * `shell-rules`: what tools may do, by their arguments. A rule for a command is held against each part of a line (`a && b`), and a `deny` or an `ask` against
 * all that the line comes to run (`sh -c`, `xargs`, `env`, quotes, paths of programs) as well; an `allow` counts only when every part is allowed and nothing
 * in the line comes from elsewhere (`$(…)`, `eval`, redirections).
 */
import { existsSync } from "node:fs"
import { isAbsolute, relative, resolve } from "node:path"
import {
  commandOf,
  definePolicy,
  namedPlaces,
  pathsOf,
  resolvedPath,
  simpleCommands,
  textOf,
  type PolicyDecision,
  type PolicyPayload,
  type SimpleCommands,
} from "#sdk"
import { shellRulesConfig, type RuleEffect, type ShellRules, type ToolRule } from "./rules.ts"

interface Asked extends SimpleCommands {
  readonly tool: string
  readonly line: string
  /** Absolute, links followed as far as they exist. */
  readonly paths: ReadonlyArray<string>
  /** Those that words of the command line may be. */
  readonly words: () => ReadonlyArray<string>
  readonly workspace: string
}

const strictness: { readonly [effect in RuleEffect]: number } = { deny: 3, ask: 2, allow: 1 }
const mostWords = 200

/** An `allow` must cover everything that is asked for; for the others one part is enough. */
const fits = (rule: ToolRule, asked: Asked): boolean => {
  const { effect, tool, command, path } = rule
  const some = effect !== "allow"
  if (tool !== undefined && !tool(asked.tool)) return false
  if (command !== undefined && !(some ? runsSome(command, asked) : asked.plain && asked.commands.length > 0 && asked.commands.every(command))) return false
  return path === undefined || leadsThere(path, rule, asked)
}

const runsSome = (command: (text: string) => boolean, { line, commands, runs }: Asked): boolean =>
  line !== "" && (commands.some(command) || command(line) || runs.some(({ words }) => command(words.join(" "))))

const leadsThere = (path: NonNullable<ToolRule["path"]>, { effect, command }: ToolRule, asked: Asked): boolean => {
  const some = effect !== "allow"
  // where a command line runs says nothing of what it does
  if (!some && command === undefined && asked.line !== "") return false
  const inside = (one: string): boolean => {
    const from = relative(asked.workspace, one)
    const isInside = from === "" || (!/^\.\.(?:[/\\]|$)/.test(from) && !isAbsolute(from))
    return path === "workspace" ? isInside : isInside && path(from)
  }
  // `deny: workspace` would deny what is inside; what people mean by a path outside is `otherwise`
  if (some) return asked.paths.some(inside) || (path !== "workspace" && asked.words().some(inside))
  return asked.paths.length > 0 && asked.paths.every(inside)
}

/** The rules that together allow each part of a line; the first of them tells why. */
const allowedTogether = (rules: ReadonlyArray<ToolRule>, asked: Asked): ToolRule | undefined => {
  if (!asked.plain || asked.commands.length === 0) return undefined
  const about = rules.filter(
    ({ effect, tool, path, ...rule }) =>
      effect === "allow" && (tool?.(asked.tool) ?? true) && (path === undefined || leadsThere(path, { effect, ...rule }, asked)),
  )
  const each = asked.commands.map((part) => about.find(({ command }) => command?.(part) === true))
  return each.every((rule) => rule !== undefined) ? each[0] : undefined
}

const isAbout = ({ tool }: ToolRule, asked: Asked): boolean => tool === undefined || tool(asked.tool)

/** Why nobody can say that no `deny` and no `ask` is about a command. */
const doubt = ({ rules }: ShellRules, asked: Asked): string | undefined => {
  const strict = rules.filter((rule) => rule.effect !== "allow" && rule.command !== undefined && isAbout(rule, asked))
  if (strict.length > 0 && !asked.known) return "nobody can say what it runs"
  const perhaps = strict.find(({ mayFit }) => mayFit !== undefined && asked.runs.some(mayFit))
  return perhaps === undefined ? undefined : `it may be what a rule of effect ${perhaps.effect} is about`
}

const decideTool = (config: ShellRules, asked: Asked): PolicyDecision | undefined => {
  const { rules, otherwise } = config
  const found = rules.filter((rule) => fits(rule, asked)).toSorted((a, b) => strictness[b.effect] - strictness[a.effect])[0] ?? allowedTogether(rules, asked)
  const effect = found?.effect ?? otherwise
  const doubted = effect === "deny" || effect === "ask" ? undefined : doubt(config, asked)
  if (doubted !== undefined) return { effect: "ask", reasons: [doubted] }
  if (found !== undefined) return { effect: found.effect, reasons: [found.reason ?? `a rule of effect ${found.effect} is about it`] }
  return otherwise === undefined ? undefined : { effect: otherwise, reasons: ["no rule is about it"] }
}

/** Words that are a path to look at, or the name of a file that is there. */
const wordPlaces = ({ runs, files }: SimpleCommands, workspace: string): ReadonlyArray<string> => {
  const words = [...new Set(runs.flatMap((run) => run.words.slice(1)))].filter((word) => word.length < 4096 && !word.includes("\0"))
  const named = words.slice(0, mostWords).filter((word) => word.includes("/") || existsSync(resolve(workspace, word)))
  return [...files, ...named].flatMap((word) => namedPlaces(word, workspace))
}

export const shellRules = definePolicy({
  config: shellRulesConfig,
  boundaries: ["tool"],
  decide: (_, payload: PolicyPayload, { config, workspace = "/" }) => {
    const line = commandOf(payload)
    const paths = pathsOf(payload).flatMap((path) => namedPlaces(path, workspace))
    const read = simpleCommands(line)
    let words: ReadonlyArray<string> | undefined
    return decideTool(config, {
      ...read,
      tool: textOf(payload["tool"]),
      line,
      paths,
      words: () => (words ??= wordPlaces(read, workspace)),
      workspace: resolvedPath(workspace),
    })
  },
})
