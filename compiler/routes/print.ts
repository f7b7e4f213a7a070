/**
 * Trees back to text, in one canonical layout: `parse(print(tree))` is the same tree again, spans aside. Comments are not part of the
 * statements and are left to the formatter.
 */
import type { Action, Case, Join, Let, Modifiers, Program, Rule, Send, Trigger, TypeAst } from "./ast.ts"
import { printExpr, printQuoted, printTemplate } from "./print-expr.ts"

const step = "  "

/** All statements, one per line or block, with a newline at the end of each. */
export const printProgram = (program: Program): string => program.statements.map((statement) => `${printStatement(statement)}\n`).join("")

export const printStatement = (statement: Let | Rule): string => {
  if (statement.kind === "let") return `let ${statement.name.text} = ${printExpr(statement.value, "")}`
  const on = `on ${statement.triggers.map((trigger) => printTrigger(trigger)).join(", ")}`
  if (statement.form === "cases") return `${on} {\n${statement.cases.map((one) => `${step}${printCase(one)}\n`).join("")}}`
  const [only] = statement.cases
  return only === undefined ? on : `${on} ${only.guard === undefined ? "" : `when ${printExpr(only.guard, "")} `}-> ${printAction(only.action, "")}`
}

const printCase = ({ guard, action }: Case): string => `${guard === undefined ? "otherwise" : `when ${printExpr(guard, step)}`} -> ${printAction(action, step)}`

export const printTrigger = ({ join, within }: Trigger): string =>
  printJoin(join) + (within === undefined ? "" : ` within ${within.duration.text} otherwise -> ${printAction(within.otherwise, "")}`)

const printJoin = (join: Join): string => {
  const members = "members" in join ? join.members.map(printJoin).join(", ") : ""
  switch (join.kind) {
    case "all":
      return join.bracketed ? `[${members}]` : `all(${members})`
    case "any":
    case "race":
      return `${join.kind}(${members})`
    case "count":
      return `${join.count.value} of (${members})`
    case "each":
      return `each(${printJoin(join.event)})`
    case "every":
      return `every(${join.interval.text})`
    case "event": {
      const given = join.duration?.text ?? join.percent?.text ?? join.kinds.map((kind) => kind.text).join(", ")
      return `${join.subject.text}.${join.event.text}${given === "" ? "" : `(${given})`}`
    }
  }
}

/** `indent` is the indentation of the line that the action starts on. */
export const printAction = (action: Action, indent: string): string => {
  switch (action.kind) {
    case "send":
      return printSend(action, indent)
    case "for":
      return `for ${action.variable.text} in ${printExpr(action.list, indent)} -> ${printSend(action.send, indent)}`
    case "retry":
      return `retry ${action.session.text}${printModifiers(action.modifiers, indent)}`
    case "select":
      return action.from === undefined ? "select" : `select from [${action.from.map((name) => name.text).join(", ")}]`
    case "gate":
      return `gate ${action.name.text} ${printTemplate(action.question, indent)}${action.within === undefined ? "" : ` within ${action.within.text}`}`
    case "cancel":
      return `cancel ${action.target.kind === "session" ? action.target.name.text : action.target.kind}`
    case "undo":
      return `undo ${action.session.text}`
    case "pause":
      return action.reason === undefined ? "pause" : `pause ${printTemplate(action.reason, indent)}`
    case "complete":
      return "complete"
    case "fail":
      return `fail ${printTemplate(action.reason, indent)}`
    case "notify":
      return `notify ${printTemplate(action.text, indent)}`
    case "use":
      return `use ${printName(action.plugin.text)}${action.config === undefined ? "" : ` ${printExpr(action.config, indent)}`}`
    case "sequence":
      return `{ ${action.actions.map((one) => printAction(one, indent)).join("; ")} }`
  }
}

const printSend = ({ targets, bracketed, modifiers }: Send, indent: string): string => {
  const names = targets.map((name) => name.text).join(", ")
  return `${bracketed ? `[${names}]` : names}${printModifiers(modifiers, indent)}`
}

/** `max … then` stands last: what follows `then` would take later modifiers for its own. */
const printModifiers = (modifiers: Modifiers, indent: string): string => {
  const out: Array<string> = []
  if (modifiers.with !== undefined) out.push(`with ${printTemplate(modifiers.with.template, indent)}`)
  if (modifiers.bySubtask !== undefined) out.push("by subtask")
  if (modifiers.after !== undefined) out.push(`after ${modifiers.after.duration.text}`)
  if (modifiers.limit !== undefined) out.push(`limit ${modifiers.limit.count.value}`)
  if (modifiers.fresh !== undefined) out.push("fresh")
  if (modifiers.priority !== undefined) out.push(`priority ${modifiers.priority.count.value}`)
  if (modifiers.max !== undefined) {
    const { count, then } = modifiers.max
    out.push(`max ${count.value}${then === undefined ? "" : ` then ${printAction(then, indent)}`}`)
  }
  return out.map((modifier) => ` ${modifier}`).join("")
}

const plainName = /^(?:[A-Za-z_][A-Za-z0-9_-]*|\d[\d-]*[A-Za-z_][A-Za-z0-9_-]*)$/
const durationLike = /^\d+(?:ms|s|m|h|d)$/
const printName = (name: string): string => (plainName.test(name) && !durationLike.test(name) ? name : printQuoted(name))

/** The shorthand of a type; a JSON Schema prints as what it amounts to. */
export const printType = (type: TypeAst): string => {
  switch (type.kind) {
    case "named":
      return type.name.text
    case "enum":
      return type.values.length === 1 ? printQuoted(type.values[0]!.text) : type.values.map((value) => printEnumValue(value.text)).join(" | ")
    case "list":
      return `[${printType(type.item)}]`
    case "record":
      return `{ ${type.fields.map(({ name, type: of, optional }) => `${printName(name.text)}: ${printType(of)}${optional ? "?" : ""}`).join(", ")} }`
    case "maybe":
      return `${printType(type.type)}?`
    case "schema":
      return type.type === undefined ? "json" : printType(type.type)
  }
}

const typeWords = new Set(["string", "integer", "number", "boolean", "duration", "money", "json", "null"])
const printEnumValue = (value: string): string => (typeWords.has(value) ? printQuoted(value) : printName(value))
