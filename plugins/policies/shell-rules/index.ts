/**
 * `shell-rules`: what tools may do, by their arguments. A rule for a command is held against each part of a line (`a && b`); an `allow` counts
 * only when every part is allowed and nothing in the line comes from elsewhere (`$(…)`, `eval`, redirections).
 */
import { isAbsolute, relative } from "node:path"
import { commandOf, definePolicy, namedPlaces, pathsOf, resolvedPath, simpleCommands, textOf, type PolicyDecision, type PolicyPayload } from "#sdk"
import { shellRulesConfig, type RuleEffect, type ShellRules, type ToolRule } from "./rules.ts"

interface Asked {
  readonly tool: string
  readonly line: string
  readonly commands: ReadonlyArray<string>
  readonly plain: boolean
  /** Absolute, links followed as far as they exist. */
  readonly paths: ReadonlyArray<string>
  readonly workspace: string
}

const strictness: { readonly [effect in RuleEffect]: number } = { deny: 3, ask: 2, allow: 1 }

/** An `allow` must cover everything that is asked for; for the others one part is enough. */
const fits = ({ effect, tool, command, path }: ToolRule, asked: Asked): boolean => {
  const some = effect !== "allow"
  if (tool !== undefined && !tool(asked.tool)) return false
  if (
    command !== undefined &&
    !(
      asked.line !== "" &&
      (some ? asked.commands.some(command) || command(asked.line) : asked.plain && asked.commands.length > 0 && asked.commands.every(command))
    )
  )
    return false
  if (path === undefined) return true
  // where a command line runs says nothing of what it does
  if (!some && command === undefined && asked.line !== "") return false
  if (asked.paths.length === 0) return false
  const inside = (one: string): boolean => {
    const from = relative(asked.workspace, one)
    const isInside = from === "" || (!/^\.\.(?:[/\\]|$)/.test(from) && !isAbsolute(from))
    return path === "workspace" ? isInside : isInside && path(from)
  }
  // `deny: workspace` would deny what is inside; what people mean by a path outside is `otherwise`
  return some ? asked.paths.some(inside) : asked.paths.every(inside)
}

const decideTool = ({ rules, otherwise }: ShellRules, asked: Asked): PolicyDecision | undefined => {
  const found = rules.filter((rule) => fits(rule, asked)).toSorted((a, b) => strictness[b.effect] - strictness[a.effect])[0]
  if (found !== undefined) return { effect: found.effect, reasons: [found.reason ?? `a rule of effect ${found.effect} is about it`] }
  return otherwise === undefined ? undefined : { effect: otherwise, reasons: ["no rule is about it"] }
}

export const shellRules = definePolicy({
  config: shellRulesConfig,
  boundaries: ["tool"],
  decide: (_, payload: PolicyPayload, { config, workspace = "/" }) => {
    const line = commandOf(payload)
    const paths = pathsOf(payload).flatMap((path) => namedPlaces(path, workspace))
    return decideTool(config, { tool: textOf(payload["tool"]), line, ...simpleCommands(line), paths, workspace: resolvedPath(workspace) })
  },
})
