/** A fleet in plain words: its agents, what they may do and who answers them, and the worst it can cost, with the sums it follows from. */
import {
  figuresOf,
  isNothing,
  leavesOf,
  plain,
  printAmount,
  printDuration,
  printMoney,
  respondersOf,
  worstCaseOf,
  type Ir,
  type Rule,
  type SessionWorst,
  type WorstCase,
} from "#ir"

const permissions = {
  ask: "asks a person before it acts",
  allow: "acts without asking unless the risk is high",
  deny: "may do nothing that needs permission",
  bypass: "acts without asking unless the risk is high, and its agent is told not to ask",
} as const

export const describe = (ir: Ir): string => {
  const worst = worstCaseOf(ir)
  const rules = new Map(ir.rules.map((rule) => [rule.id, rule]))
  const lines = [
    `${ir.fleet.name}: ${count(ir.sessions.length, "session")}, ${count(ir.rules.length, "rule")}; starts with ${ir.start.join(", ")}; at most ${ir.limits.parallel} at once.`,
    ...ir.inputs.map(({ name, default: value }) => `Input ${name}${value === undefined ? "" : `, unless told ${JSON.stringify(value)}`}.`),
    "",
    "Sessions",
    ...worst.sessions.map((each) => describeSession(each, ir, rules)),
    "",
    "Who is asked",
    ...describeResponders(ir),
    "",
    "At worst",
    ...describeWorst(ir, worst),
    ...describeJoins(ir),
  ]
  return `${lines.join("\n")}\n`
}

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? "" : "s"}`

const describeSession = ({ session, activations, turns, usd }: SessionWorst, ir: Ir, rules: ReadonlyMap<string, Rule>): string => {
  const { id, role, driver, workspace, timeoutMs, instances, dynamic, retry, policies } = session
  const packs = [...ir.policies, ...policies].map(({ use }) => use)
  const asks = respondersOf(ir).some(({ request, of }) => request === "permission" && of === id)
  const parts = [`${driver.use} in ${workspace.use}`, asks ? permissions[session.permissions] : "does its work without asking"]
  if (packs.length > 0) parts.push(`held to ${[...new Set(packs)].join(", ")}`)
  if (timeoutMs !== undefined) parts.push(`at most ${printDuration(timeoutMs)} a turn`)
  if (retry.attempts > 1) parts.push(`each turn tried up to ${retry.attempts} times`)
  const many = dynamic === undefined ? ", one for each item" : `, instances of which whoever routes may begin ${dynamic}`
  const head = `- ${id}${role === undefined ? "" : ` (${role})`}${instances ? many : ""}: ${parts.join("; ")}.`
  if (isNothing(activations.total)) return `${head}\n  Nothing starts it.`
  const sources = activations.sources.map(
    ({ by, count: times, max }) => `${printAmount(times)} ${sourceOf(by, rules)}${max === undefined ? "" : ` (max ${max})`}`,
  )
  const often =
    activations.total === undefined
      ? "without a bound"
      : `at most ${printAmount(activations.total)} ${printAmount(activations.total) === "1" ? "time" : "times"}`
  return `${head}\n  Activated ${often}: ${sources.join(" + ")}.\n  Turns: ${printAmount(turns)}. Cost: ${printAmount(usd, printMoney)}.`
}

const sourceOf = (by: string, rules: ReadonlyMap<string, Rule>): string => {
  if (by === "start") return "at the start"
  if (by === "compensate") return "to undo others"
  const line = rules.get(by)?.span?.line
  return line === undefined ? `by ${by}` : `by the rule in line ${line}`
}

const answers = {
  human: "a person answers",
  mode: "refused, nobody is asked",
  "mode-or-human": "granted, but a person answers where the risk is high",
} as const

const describeResponders = (ir: Ir): ReadonlyArray<string> => {
  const responders = respondersOf(ir)
  if (responders.length === 0) return ["- nobody, about nothing."]
  const groups = Map.groupBy(responders, ({ request, by }) => `${request} ${by}`)
  return [...groups.values()].flatMap((group) => {
    const [first] = group
    if (first === undefined) return []
    const what = { permission: "permissions of", gate: "the gate", selection: "the selection of" }[first.request]
    return [`- ${what} ${group.map(({ of }) => of).join(", ")}: ${answers[first.by]}.`]
  })
}

const describeWorst = (ir: Ir, worst: WorstCase): ReadonlyArray<string> => {
  const { worstCaseTurns, worstCaseUsd, worstCaseWallMs } = figuresOf(ir, worst)
  const used = worst.sessions.filter(({ turns }) => !isNothing(turns))
  return [
    `- turns: ${bounded(
      sum(used, ({ turns }) => printAmount(turns)),
      printAmount(worst.turns),
      plain(worst.turns),
      worstCaseTurns,
      String,
    )}.`,
    `- cost: ${bounded(
      sum(
        used.filter(({ usd }) => !isNothing(usd)),
        ({ usd }) => printAmount(usd, printMoney),
      ),
      printAmount(worst.usd, printMoney),
      plain(worst.usd),
      worstCaseUsd,
      printMoney,
    )}.`,
    `- time, not counting what people take to answer: ${bounded("", printAmount(worst.wallMs, printTime), plain(worst.wallMs), worstCaseWallMs, printTime)}.`,
  ]
}

/** `1h 30m`: sums of times divide by no unit. */
const printTime = (ms: number): string => {
  const minutes = Math.floor(ms / 60_000)
  const parts = [
    [Math.floor(minutes / 60), "h"],
    [minutes % 60, "m"],
    [(ms % 60_000) / 1000, "s"],
  ] as const
  return (
    parts
      .filter(([number]) => number > 0)
      .map(([number, unit]) => `${number}${unit}`)
      .join(" ") || "0s"
  )
}

const sum = (sessions: ReadonlyArray<SessionWorst>, of: (session: SessionWorst) => string): string =>
  sessions.length > 1 && sessions.length <= 12 ? sessions.map((each) => `${of(each)} (${each.session.id})`).join(" + ") : ""

/** `formula`: the sum over sessions; `claimed` is less than `value` where the fleet's budget ends the run before. */
const bounded = (formula: string, total: string, value: number | undefined, claimed: number | undefined, unit: (value: number) => string): string => {
  const sums = formula === "" || total === "no bound" ? total : `${formula} = ${total}`
  if (claimed === undefined || claimed === value) return sums
  return `${sums}; the run's budget ends it at ${unit(claimed)}`
}

/** A join that waits for several events is only worth a word when it may wait in vain. */
const describeJoins = ({ claims, rules }: Ir): ReadonlyArray<string> => {
  const lines = new Map(rules.map(({ id, span, join }) => [id, `${leavesOf(join).length} events${span === undefined ? "" : ` in line ${span.line}`}`]))
  return claims.joins.flatMap(({ rule, verdict }) => {
    if (verdict === "satisfiable") return []
    const said = verdict === "may-starve" ? "may wait in vain, without any failure" : "was not decided: it may wait in vain"
    return [`- the join of ${lines.get(rule) ?? rule} ${said}.`]
  })
}
