/** The rules of `shell-rules` as they are written, and read into functions. */
import { glob, safePattern, type ShellRun, type ConfigIssue, type ConfigResult, type ConfigSchema, type PolicyEffect } from "#sdk"

export type RuleEffect = Exclude<PolicyEffect, "redact">

export interface ToolRule {
  readonly effect: RuleEffect
  readonly tool?: (name: string) => boolean
  readonly command?: (command: string) => boolean
  /** Whether it may be about a command of which a variable, a glob or another command decides a word. */
  readonly mayFit?: (run: ShellRun) => boolean
  /** `workspace`: inside of it; else a glob relative to it. */
  readonly path?: "workspace" | ((path: string) => boolean)
  readonly reason?: string
}

export interface ShellRules {
  /** The first that fits decides, except that no `allow` outweighs a `deny` or an `ask`. */
  readonly rules: ReadonlyArray<ToolRule>
  /** What no rule is about. */
  readonly otherwise?: RuleEffect
}

type Fields = { readonly [key: string]: unknown }

const effects: ReadonlyArray<RuleEffect> = ["allow", "ask", "deny"]
const ruleKeys = ["effect", "tool", "command", "path", "reason"]
const keys = [...effects, "rules", "otherwise"]

const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value)

/** `/…/` is a regular expression, anything else a glob in which `*` is any text. */
const matcher = (source: string, slash: boolean): ((text: string) => boolean) | string => {
  if (source.length < 2 || !source.startsWith("/") || !source.endsWith("/") || slash) return glob(source, { slash })
  const compiled = safePattern(source.slice(1, -1))
  return compiled.ok ? compiled.test : compiled.message
}

/** Word by word: a command fits perhaps when what is not known of it begins where the rule still has something to say. */
const mayFit = (source: unknown): ToolRule["mayFit"] => {
  if (typeof source !== "string" || (source.startsWith("/") && source.endsWith("/"))) return undefined
  const wanted = source.split(/\s+/).filter((word) => word !== "")
  const tests = wanted.map((word) => glob(word, { slash: false }))
  return ({ words, sure }) => {
    if (sure >= words.length) return false
    for (const [at, test] of tests.entries()) {
      if (at >= sure) return true
      if (!test(words[at] ?? "")) return false
      if (wanted[at]?.includes("*") === true) return true
    }
    return false
  }
}

const perhaps = (source: unknown): Pick<ToolRule, "mayFit"> => {
  const fits = mayFit(source)
  return fits === undefined ? {} : { mayFit: fits }
}

const read = (value: unknown): ConfigResult<ShellRules> => {
  const issues: Array<ConfigIssue> = []
  const rules: Array<ToolRule> = []
  if (!isFields(value)) return { ok: false, issues: [{ message: "expected a record", path: [] }] }
  for (const key of Object.keys(value)) if (!keys.includes(key)) issues.push({ message: `unknown key; expected one of ${keys.join(", ")}`, path: [key] })
  const matched = (source: unknown, slash: boolean, path: ConfigIssue["path"]): ((text: string) => boolean) | undefined => {
    const test = typeof source === "string" && source !== "" ? matcher(source, slash) : "expected a glob, or /a regular expression/"
    if (typeof test !== "string") return test
    issues.push({ message: test, path })
    return undefined
  }
  const listOf = (key: string): ReadonlyArray<unknown> => {
    const list = value[key] ?? []
    if (Array.isArray(list)) return list
    issues.push({ message: "expected a list", path: [key] })
    return []
  }
  listOf("rules").forEach((rule, at) => {
    const path = ["rules", at]
    if (!isFields(rule)) return issues.push({ message: `expected a record with ${ruleKeys.join(", ")}`, path })
    for (const key of Object.keys(rule))
      if (!ruleKeys.includes(key)) issues.push({ message: `unknown key; expected one of ${ruleKeys.join(", ")}`, path: [...path, key] })
    const effect = effects.find((one) => one === rule["effect"])
    if (effect === undefined) return issues.push({ message: `expected one of ${effects.join(", ")}`, path: [...path, "effect"] })
    const tool = rule["tool"] === undefined ? undefined : matched(rule["tool"], false, [...path, "tool"])
    const command = rule["command"] === undefined ? undefined : matched(rule["command"], false, [...path, "command"])
    const where = rule["path"] === undefined ? undefined : rule["path"] === "workspace" ? "workspace" : matched(rule["path"], true, [...path, "path"])
    const reason = rule["reason"]
    if (tool === undefined && command === undefined && where === undefined)
      issues.push({ message: "a rule says which tool, command or path it is about", path })
    if (reason !== undefined && typeof reason !== "string") issues.push({ message: "expected text", path: [...path, "reason"] })
    rules.push({
      effect,
      ...(tool && { tool }),
      ...(command && { command, ...perhaps(rule["command"]) }),
      ...(where && { path: where }),
      ...(typeof reason === "string" && { reason }),
    })
  })
  for (const effect of effects)
    listOf(effect).forEach((source, at) => {
      const command = matched(source, false, [effect, at])
      if (command !== undefined) rules.push({ effect, command, ...perhaps(source), reason: `\`${effect}\` has ${JSON.stringify(source)}` })
    })
  const otherwise = effects.find((effect) => effect === value["otherwise"])
  if (value["otherwise"] !== undefined && otherwise === undefined) issues.push({ message: `expected one of ${effects.join(", ")}`, path: ["otherwise"] })
  return issues.length > 0 ? { ok: false, issues } : { ok: true, value: { rules, ...(otherwise && { otherwise }) } }
}

const texts = { type: "array", items: { type: "string" } } as const

export const shellRulesConfig: ConfigSchema<ShellRules> = {
  keys,
  jsonSchema: {
    type: "object",
    additionalProperties: false,
    properties: {
      allow: texts,
      ask: texts,
      deny: texts,
      otherwise: { enum: effects },
      rules: {
        type: "array",
        items: {
          type: "object",
          additionalProperties: false,
          required: ["effect"],
          properties: {
            effect: { enum: effects },
            tool: { type: "string" },
            command: { type: "string" },
            path: { type: "string" },
            reason: { type: "string" },
          },
        },
      },
    },
  },
  decode: read,
}
