/** What a run may cost at worst, against what the fleet's budget allows (language.md 5, budget). */
import { diagnose, type Diagnostic, type Span } from "../diagnostics/index.ts"
import { isNothing, plain, printAmount, printMoney, type SessionWorst, type WorstCase } from "../ir/index.ts"
import type { ParsedFleet } from "./model.ts"

export const checkCost = ({ document }: ParsedFleet, worst: WorstCase): ReadonlyArray<Diagnostic> => {
  const spans = new Map(document.sessions.map(({ id, settings }) => [id.value, { id: id.span, budget: settings.budget }]))
  return [
    ...overBudget(document.budget, worst, (session) => spans.get(session)?.budget),
    ...unbounded(document.key, document.budget, worst, (session) => spans.get(session)?.id),
  ]
}

type Written = ParsedFleet["document"]["budget"]

/** Sessions that together may spend more than the fleet has: the run would be cut off in the middle. */
const overBudget = (budget: Written, worst: WorstCase, of: (session: string) => Written | undefined): ReadonlyArray<Diagnostic> =>
  (["usd", "tokens"] as const).flatMap((unit) => {
    const limit = budget[unit]
    const most = plain(worst[unit])
    if (limit === undefined || most === undefined || most <= limit.value) return []
    const shown = unit === "usd" ? printMoney : (value: number): string => `${value} tokens`
    const spenders = worst.sessions.filter((each) => !isNothing(each[unit]))
    // a session that alone exceeds the fleet is told of as budget-exceeds-parent
    if (spenders.some(({ session }) => (session.budget?.[unit] ?? 0) > limit.value)) return []
    const related = spenders.slice(0, 5).flatMap(({ session, [unit]: own }) => {
      const span = of(session.id)?.[unit]?.span
      return span === undefined ? [] : [{ span, message: `"${session.id}" may spend ${printAmount(own, shown)}` }]
    })
    return [
      diagnose(
        "worst-case-over-budget",
        limit.span,
        { worst: shown(most), limit: shown(limit.value) },
        {
          related,
          help: `${spenders.map((each) => printAmount(each[unit], shown)).join(" + ")} = ${shown(most)}: raise the fleet's budget or lower those of its sessions`,
        },
      ),
    ]
  })

/** A budget of money or tokens bounds the cost; turns and time do not say what they cost. */
const unbounded = (fleet: Span, budget: Written, { sessions }: WorstCase, of: (session: string) => Span | undefined): ReadonlyArray<Diagnostic> => {
  if (budget.usd !== undefined || budget.tokens !== undefined) return []
  const spending = sessions.filter(({ usd }) => !isNothing(usd))
  const loose = spending.filter(({ session }) => session.budget?.usd === undefined && session.budget?.tokens === undefined)
  const help = "say what it may cost: budget: { usd: 5 }"
  if (loose.length > 0 && loose.length === spending.length) return [diagnose("unbounded-cost", fleet, { what: "this fleet" }, { help })]
  return [
    ...loose.flatMap(({ session }) => {
      const span = of(session.id)
      return span === undefined ? [] : [diagnose("unbounded-cost", span, { what: `session "${session.id}"` }, { help })]
    }),
    ...spending.filter((each) => !loose.includes(each)).flatMap((each) => fanOut(each, of(each.session.id))),
  ]
}

const fanOut = ({ session, usd, tokens, activations }: SessionWorst, span: Span | undefined): ReadonlyArray<Diagnostic> => {
  const own = session.budget?.usd === undefined ? tokens : usd
  if (span === undefined || !session.instances || plain(own) !== undefined) return []
  return [diagnose("unbounded-cost:instances", span, { session: session.id, width: printAmount(activations.total) }, { help: "give the fleet a budget" })]
}
