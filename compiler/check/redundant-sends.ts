/** Sends that another rule makes as well, for the same event and under the same condition: the session would do its work twice. */
import { diagnose, type Diagnostic, type Span } from "../diagnostics/index.ts"
import { printAction, printExpr, printTrigger, type Action, type Case, type Rule, type Send } from "../routes/index.ts"
import type { ParsedFleet } from "./model.ts"

/** Two sends that are one; `rules` are their triggers, by number in the file. */
export interface Redundant {
  readonly diagnostic: Diagnostic
  readonly triggers: readonly [number, number]
}

/** `isWrong`: what stands in the rule is not what its author means. */
export const redundantSends = ({ rules }: ParsedFleet, isWrong: (rule: Rule) => boolean): ReadonlyArray<Redundant> => {
  const sends = sendsOf(rules, isWrong)
  const known = new Map<string, { readonly span: Span; readonly trigger: number }>()
  const found: Array<Redundant> = []
  for (const { key, span, trigger } of [...sends.values()].filter((same) => same.length > 1).flat()) {
    const text = key()
    const before = known.get(text)
    if (before === undefined) known.set(text, { span, trigger })
    else
      found.push({
        triggers: [before.trigger, trigger],
        diagnostic: diagnose("redundant-send", span, {}, { related: [{ span: before.span, message: "the earlier one" }], help: "remove one of them" }),
      })
  }
  return found
}

interface Sent {
  /** printed only for sends that have something in common */
  readonly key: () => string
  readonly span: Span
  readonly trigger: number
}

/** Sends by target. Cases exclude each other, so which case it is belongs to the key. */
const sendsOf = (rules: ReadonlyArray<Rule>, isWrong: (rule: Rule) => boolean): ReadonlyMap<string, ReadonlyArray<Sent>> => {
  const sends = new Map<string, Array<Sent>>()
  let number = -1
  for (const rule of rules) {
    const skipped = isWrong(rule)
    for (const { join, span } of rule.triggers) {
      number += 1
      if (skipped) continue
      const trigger = number
      rule.cases.forEach((one, at) => {
        const plain = plainSends(one.action)
        if (plain.length === 0) return
        const conditions = (): string => [...rule.cases.slice(0, at).map((earlier) => `not ${guardOf(earlier)}`), guardOf(one)].join(" and ")
        for (const send of plain)
          for (const target of new Map(send.targets.map((each) => [each.text, each])).values()) {
            const key = (): string => `${printTrigger({ join, span })} ${conditions()} ${printAction({ ...send, targets: [target], bracketed: false }, "")}`
            const list = sends.get(target.text)
            if (list === undefined) sends.set(target.text, [{ key, span: send.span, trigger }])
            else list.push({ key, span: send.span, trigger })
          }
      })
    }
  }
  return sends
}

const guardOf = ({ guard }: Case): string => (guard === undefined ? "true" : printExpr(guard, ""))

const plainSends = (action: Action): ReadonlyArray<Send> =>
  action.kind === "send" ? [action] : action.kind === "sequence" ? action.actions.flatMap(plainSends) : []
