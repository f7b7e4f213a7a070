/** A fleet in plain words: its agents, what they may do, and the worst it can cost. */
import { printDuration, printMoney, type Ir, type Session } from "#ir"

const permissions = { ask: "asks before it acts", allow: "may do what is not high risk", deny: "may do nothing that needs permission", bypass: "is never asked" } as const

export const describe = (ir: Ir): string => {
  const { worstCaseTurns, worstCaseUsd } = ir.claims
  const lines = [
    `${ir.fleet.name}: ${ir.sessions.length} session${ir.sessions.length === 1 ? "" : "s"}, ${ir.rules.length} rule${ir.rules.length === 1 ? "" : "s"}; starts with ${ir.start.join(", ")}; at most ${ir.limits.parallel} at once.`,
    ...ir.inputs.map(({ name, default: value }) => `Input ${name}${value === undefined ? "" : `, unless told ${JSON.stringify(value)}`}.`),
    ...ir.sessions.map(describeSession),
    `At worst: ${worstCaseTurns === undefined ? "no bound on turns" : `${worstCaseTurns} turns`}, ${worstCaseUsd === undefined ? "no bound on cost" : printMoney(worstCaseUsd)}.`,
  ]
  if (ir.budget?.usd !== undefined) lines.push(`The run stops at ${printMoney(ir.budget.usd)}.`)
  if (ir.budget?.wallMs !== undefined) lines.push(`The run stops after ${printDuration(ir.budget.wallMs)}.`)
  return `${lines.join("\n")}\n`
}

const describeSession = (session: Session): string => {
  const { id, role, driver, workspace, timeoutMs, instances } = session
  const parts = [`${driver.use} in ${workspace.use}`, permissions[session.permissions]]
  if (timeoutMs !== undefined) parts.push(`at most ${printDuration(timeoutMs)} a turn`)
  if (session.retry.attempts > 1) parts.push(`tried ${session.retry.attempts} times`)
  return `- ${id}${role === undefined ? "" : ` (${role})`}${instances ? ", one for each item" : ""}: ${parts.join("; ")}.`
}
