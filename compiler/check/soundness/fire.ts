/** Rules fire, in the order written, until none is enabled: once for every way in which guards and people can decide. */
import { enabled, fire, type Consumed } from "../../ir/join.ts"
import type { Action } from "../../ir/model.ts"
import { subtasksKey, type Atom, type Value } from "./guard.ts"
import { placeOf, type NetRule } from "./net.ts"
import { absorbOwed, activate, branchOf, cancel, come, isEmpty, tell, type Draft, type Outcome } from "./play.ts"
import { skipsOf } from "./skips.ts"
import { bookUndone, requestUndo, undoNext } from "./undo.ts"
import { answerKey, joinOf, withEntry, withMember, withoutMember, type Game } from "./state.ts"

/** Firings that follow from one move, for each rule, and ways in which their guards turn out. */
const firingsOfRule = 4
const mostWays = 500
const skipped: Outcome = { event: "skipped", tokens: 1 }

interface Firing {
  readonly rule: NetRule
  readonly consumed: ReadonlyArray<Consumed<number>>
  /** What its guards were told. */
  readonly own: ReadonlyMap<string, Value>
  /** Sessions that lose by it: cancelled before its action reaches anybody, so that what it sends to them stays. */
  readonly losers: ReadonlyArray<string>
}

/** The version of what an atom reads: that of the token which fired the rule, else the latest. */
const versionOf = (draft: Draft, { rule, consumed }: Firing, { ofSession }: Atom, place: string): number => {
  if (ofSession) return draft.ended.get(place) ?? 0
  const token = consumed.findLast(({ leaf }) => rule.leaves.some((each) => each.leaf === leaf && placeOf(each.event) === place))?.tokens.at(-1)
  return token === undefined || token === 0 ? (draft.done.get(place) ?? 0) : token
}

const known =
  (game: Game, draft: Draft, firing: Firing) =>
  (atom: Atom): Value | undefined => {
    const at = atom.reads.map((place) => versionOf(draft, firing, atom, place))
    const key = answerKey(atom, at)
    const told = firing.own.get(key) ?? draft.answers.get(key)?.value
    if (told !== undefined) return told
    const [place = ""] = atom.reads
    // what has not been done yet has put out nothing
    return atom.isPath && at[0] === 0 && game.cone.places.has(place) ? null : undefined
  }

/** Once for every answer. */
const ask = (game: Game, draft: Draft, firing: Firing, atom: Atom): ReadonlyArray<readonly [Draft, Firing]> => {
  const at = atom.reads.map((place) => versionOf(draft, firing, atom, place))
  const key = answerKey(atom, at)
  // an answer that nobody else can ask for is forgotten with the firing
  const kept = !atom.fleeting && (atom.reads.length === 0 || atom.reads.some((place) => game.shared.has(place) || game.byLatest.has(place)))
  return atom.domain.map((value) => {
    const branch = branchOf(draft)
    if (kept) branch.answers = withEntry(branch.answers, key, { atom, at, value })
    branch.told.push({ atom, value, at })
    branch.notes.push(atom.label.includes("guard") ? `${atom.label} is ${String(value)}` : `${atom.label} = ${printValue(value)}`)
    return [branch, { ...firing, own: new Map([...firing.own, [key, value]]) }]
  })
}

const printValue = (value: Value): string => (typeof value === "string" && value.startsWith("\u0000") ? "something else" : String(value))

const sessionsOf = (rule: NetRule, consumed: Firing["consumed"]): ReadonlySet<string> =>
  new Set(consumed.flatMap(({ leaf }) => rule.leaves.flatMap((each) => (each.leaf === leaf ? (placeOf(each.event) ?? []) : []))))

/** How many subtasks the session has given whose end fired the rule. */
const subtasksOf = ({ net }: Game, { rule }: Firing): Atom | undefined => {
  const session = rule.leaves.flatMap(({ event }) => (event.source === "session" ? event.session : []))[0] ?? ""
  const most = net.subtasks.get(session)
  if (most === undefined) return undefined
  // an empty list is none: the session would have failed
  const domain = Array.from({ length: most }, (_, fewer) => most - fewer)
  return { key: `${subtasksKey}${session}`, label: "subtasks", domain, reads: [session], ofSession: false, fleeting: false, isPath: false }
}

const perform = (game: Game, draft: Draft, firing: Firing, action: Action, size = 1): ReadonlyArray<Draft> => {
  const { rule } = firing
  switch (action.kind) {
    case "send":
    case "retry": {
      const subtasks = action.kind === "send" && action.bySubtask ? subtasksOf(game, firing) : undefined
      const dealt = subtasks === undefined ? undefined : known(game, draft, firing)(subtasks)
      if (subtasks !== undefined && dealt === undefined)
        return ask(game, draft, firing, subtasks).flatMap(([branch, told]) => perform(game, branch, told, action, size))
      const send = (into: Draft): Draft => {
        // with fewer subtasks than sessions the last of them get nothing to do
        const to = action.kind === "send" ? action.to.slice(0, typeof dealt === "number" ? dealt : undefined) : [action.session]
        for (const target of to) activate(game, into, target, rule.id, size)
        return into
      }
      if (action.max === undefined) return [send(draft)]
      const { count: limit, then } = action.max
      const count = draft.counts.get(action.id) ?? 0
      const past = (from: Draft): ReadonlyArray<Draft> => (then === undefined ? [from] : perform(game, from, firing, then))
      if (count >= limit) return past(draft)
      if (count >= game.rounds) return [...past(branchOf(draft)), send(draft)]
      draft.counts = withEntry(draft.counts, action.id, count + 1)
      return [send(draft)]
    }
    case "for": {
      // of a list that is written out it is known whether there is anything to do, however little it matters how much
      const { expr } = action.list
      const sizes = game.sizes.get(action.send.to[0] ?? "") ?? (expr.op === "list" ? [] : undefined)
      if (sizes === undefined) return perform(game, draft, firing, action.send)
      const length = game.guards.lengthOf(action.list.expr, sizes, known(game, draft, firing))
      if ("value" in length) return perform(game, draft, firing, action.send, typeof length.value === "number" ? length.value : 1)
      return ask(game, draft, firing, length.ask).flatMap(([branch, told]) => perform(game, branch, told, action))
    }
    case "gate":
      activate(game, draft, `gate ${action.gate}`, rule.id)
      return [draft]
    case "select":
      activate(game, draft, "human", rule.id)
      return [draft]
    case "cancel": {
      const { target } = action
      if (target.kind === "fleet") draft.over = true
      else if (target.kind === "session") cancel(game, draft, target.session)
      else {
        const spared = sessionsOf(rule, firing.consumed)
        const places = [...draft.live.keys()].filter(
          (place) => !spared.has(place) && !rule.targets.has(place) && !place.startsWith("gate ") && place !== "human",
        )
        for (const { id } of game.net.ir.sessions) if (places.includes(id)) cancel(game, draft, id)
      }
      return [draft]
    }
    case "undo":
      requestUndo(game, draft, action.session)
      return [draft]
    case "pause":
      draft.paused = true
      return [draft]
    case "complete":
    case "fail":
      draft.over = true
      return [draft]
    case "sequence":
      return action.actions.reduce<ReadonlyArray<Draft>>(
        (drafts, step) => drafts.flatMap((each) => (each.over ? [each] : perform(game, each, firing, step))),
        [draft],
      )
    default:
      return [draft]
  }
}

const performCase = (game: Game, draft: Draft, firing: Firing, number: number): ReadonlyArray<Draft> => {
  const { id, cases } = firing.rule.rule
  const action = cases[number]?.action
  come(game, draft, `case ${id}.${number}`)
  lose(game, draft, firing)
  return action === undefined ? [draft] : perform(game, draft, firing, action)
}

/** The first case whose guard holds, once for every way the guards can turn out. */
const choose = (game: Game, draft: Draft, firing: Firing, from = 0): ReadonlyArray<Draft> => {
  for (let i = from; i < firing.rule.rule.cases.length; i++) {
    const one = firing.rule.rule.cases[i]
    if (one === undefined) continue
    if (one.guard === undefined) return performCase(game, draft, firing, i)
    const result = game.guards.evaluate(one.guard.expr, known(game, draft, firing))
    if ("ask" in result) return ask(game, draft, firing, result.ask).flatMap(([branch, told]) => choose(game, branch, told, i))
    if (result.value === true) return performCase(game, draft, firing, i)
  }
  lose(game, draft, firing)
  return [draft]
}

const lose = (game: Game, draft: Draft, { losers }: Firing): void => {
  for (const loser of losers) cancel(game, draft, loser)
}

const fireRule = (game: Game, draft: Draft, rule: NetRule): ReadonlyArray<Draft> => {
  const before = joinOf(draft, rule)
  const { state, consumed, losers } = fire(rule.join, before)
  draft.joins = withEntry(draft.joins, rule.id, state)
  absorbOwed(draft, rule, before, consumed)
  draft.fired.push(rule.id)
  // the time of a round counts from its first token
  if (rule.rule.within !== undefined) {
    if (isEmpty(state)) draft.spent = withMember(draft.spent, `within ${rule.id}`)
    else draft.spent = withoutMember(draft.spent, `within ${rule.id}`)
  }
  const won = sessionsOf(rule, consumed)
  const lost = losers.flatMap((loser) => rule.leaves.flatMap(({ leaf, event }) => (leaf === loser && event.source === "session" ? event.session : [])))
  return choose(game, draft, { rule, consumed, own: new Map(), losers: lost.filter((session) => !won.has(session)) })
}

/** Fires what is enabled until nothing is; several drafts when guards or people decide. */
export const playOut = (game: Game, begin: Draft): ReadonlyArray<Draft> => {
  const finished: Array<Draft> = []
  const work = [begin]
  for (let draft = work.pop(); draft !== undefined; draft = work.pop()) {
    // with rounds that are not counted, what is sent and cancelled at once could go on for ever
    draft.capped ||= draft.fired.length > firingsOfRule * (game.cone.rules.length + 1) || finished.length + work.length > mostWays
    if (draft.over || draft.capped) {
      finished.push(draft)
      continue
    }
    let next: NetRule | undefined
    for (const rule of draft.agenda) {
      if (!enabled(rule.join, joinOf(draft, rule))) draft.agenda.delete(rule)
      else if (next === undefined || rule.order < next.order) next = rule
    }
    if (next !== undefined) {
      work.push(...[...fireRule(game, draft, next)].reverse())
      continue
    }
    const unheard = draft.unheard.shift()
    if (unheard !== undefined) tell(game, draft, unheard.place, unheard.outcome, unheard.version, unheard.of)
    else if (bookUndone(game, draft) || undoNext(game, draft)) {
      // what is told of it fires next
    } else if (draft.broke && game.skips) {
      const { skipped: gone, status } = skipsOf(game, draft)
      draft.status = status
      draft.broke = gone.length > 0
      for (const place of gone) draft.unheard.push({ place, outcome: skipped, version: 0 })
    } else {
      finished.push(draft)
      continue
    }
    work.push(draft)
  }
  return finished
}

/** What happens when a join has not held in time. */
export const expire = (game: Game, draft: Draft, rule: NetRule): ReadonlyArray<Draft> => {
  const { within } = rule.rule
  draft.spent = withMember(draft.spent, `within ${rule.id}`)
  return within === undefined
    ? [draft]
    : perform(game, draft, { rule, consumed: [], own: new Map(), losers: [] }, within.otherwise).flatMap((each) => playOut(game, each))
}
