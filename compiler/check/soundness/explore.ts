/** Decides the soundness questions of language.md section 5 over a fleet's net. */
import { readCuts, type Cut, type Cuts, type Question } from "./cuts.ts"
import type { DoubleActivation, JoinFact, SoundnessFacts } from "./facts.ts"
import { readLockstep } from "./lockstep.ts"
import { findEndless } from "./endless.ts"
import { actionsOf, mayEndRun, visitActions } from "./actions.ts"
import { canHold, coneOf, isCompensated, placeOf, readNet, type Cone, type Explored, type Net, type NetRule } from "./net.ts"
import { comesAnyway, readReach, undoingReach } from "./reach.ts"
import { readRelays } from "./relays.ts"
import { countsBeyond } from "./counts-beyond.ts"
import { beginSearch, search, type Exploration, type Found, type SearchOptions } from "./search.ts"

/** Most states of one exploration. */
export const stateBound = 1500
/** Most states of all explorations from the start of a fleet together: so many for every fleet, and so many for each of its rules. */
const statesOfFleet = 2000
const statesOfRule = 20
/** Those that begin somewhere within it come to as many for the fleet, and to so many for each rule. */
const partsOfRule = 100
/** Most states of what is explored once more from the start of the fleet, so that a scenario tells the whole story. */
const statesOfStories = 2000
/** Most states of one part of a fleet. */
const partBound = 600
/** Rounds of a bounded loop that are counted when counting all of them is too much. */
const fewRounds = 2
/** Of so many rules that end the run it is looked at whether they come later than a join. */
const fewEnders = 8
/** Explorations that are kept to be gone on with. */
const mostOpen = 8

export interface ExploreOptions {
  readonly bound?: number
  /** False: every order is explored and nothing is decided by its shape. To check the reductions against. */
  readonly reduce?: boolean
  /** Cones of at most this many rules are explored from the fleet's start, so that a scenario tells the whole story. */
  readonly whole?: number
}

const isJoin = ({ join, leaves }: NetRule): boolean => join.kind !== "event" || leaves.some(({ count }) => count !== undefined)

/** Facts about a fleet; pure. The time is linear in the fleet but for parts that must be explored, which are bounded. */
export const explore = (ir: Explored, { bound = stateBound, reduce = true, whole: mostWhole = wholeCone }: ExploreOptions = {}): SoundnessFacts => {
  const net = readNet(ir)
  const lockstep = readLockstep(net)
  const relays = readRelays(net)
  const never = (): boolean => false
  const once = reduce ? lockstep.once : never
  const left = reduce
    ? { wholes: statesOfFleet + statesOfRule * net.rules.length, parts: statesOfFleet + partsOfRule * net.rules.length, stories: statesOfStories }
    : undefined
  let states = 0
  const remembered = new Map<string, Found>()
  /** Explorations that can go on, the one that was asked last at the end. */
  const open = new Map<string, Exploration>()

  const purseOf = (cone: Cone): "wholes" | "parts" => (cone.given.size > 0 || cone.by !== undefined ? "parts" : "wholes")
  const spend = (found: Found, before: number, of: "wholes" | "parts" | "stories"): void => {
    if (left !== undefined) left[of] -= found.states - before
    states += found.states - before
  }

  const searched = (
    cone: Cone,
    options: Partial<SearchOptions> & Pick<SearchOptions, "failures">,
    of: "wholes" | "parts" | "stories" = purseOf(cone),
  ): Found => {
    const found = search(net, cone, { reduce, once: lockstep.once, ...options, bound: Math.min(options.bound ?? bound, left?.[of] ?? Infinity) })
    spend(found, 0, of)
    return found
  }

  /** Whoever asks about a part that others have asked about takes it up where they left it. */
  const run = (cone: Cone, failures: boolean, rounds: number, done?: (found: Found) => boolean): Found => {
    const key = `${failures} ${rounds} ${cone.by ?? ""} ${cone.start.join()} ${[...cone.given].join()} ${[...cone.places].sort().join()} ${cone.rules.map(({ id }) => id).join()}`
    const known = remembered.get(key)
    if (known !== undefined) return known
    const begun = open.get(key)
    const exploration = begun ?? beginSearch(net, cone, { reduce, once: lockstep.once, failures, rounds })
    const before = begun?.go(0).states ?? 0
    const of = purseOf(cone)
    const found = exploration.go(Math.min(bound, before + Math.max(0, left?.[of] ?? Infinity)), done)
    spend(found, before, of)
    open.delete(key)
    if (exploration.isOver()) remembered.set(key, found)
    else open.set(key, exploration)
    for (const [oldest] of open) if (open.size > mostOpen) open.delete(oldest)
    return found
  }
  const cuts = readCuts(net, lockstep, relays, (cone, { few = false, ...options }) =>
    searched(cone, { ...options, bound: Math.min(bound, partBound), rounds: few ? fewRounds : Infinity }),
  )
  /** Finds it again, after all that led there: from the start of the fleet when that is not too much, else from where the part begins. */
  const story = (whole: () => Cone, { cone, at }: Cut, failures: boolean, happens: (found: Found) => boolean): Found | undefined => {
    const all = whole()
    if (all.rules.length <= mostWhole) {
      const found = searched(all, { failures, done: happens }, "stories")
      if (happens(found)) return found
      if (found.complete) return undefined
    }
    const begin = cuts.entryOf(at)
    if (begin === undefined && !cuts.starts(at)) return undefined
    const found = searched(cone, { failures, begin, done: happens })
    return happens(found) ? found : undefined
  }
  /** All rounds of every loop, as far as the bound goes. */
  const exactly = (cone: Cone, failures: boolean, done?: (found: Found) => boolean): Found => run(cone, failures, Infinity, done)
  /** What no execution does even if loops go on for as long as they like, none does. */
  const isRuledOut = (cone: Cone, failures: boolean, happens: (found: Found) => boolean): boolean => {
    if (!cone.rules.some(isLong)) return false
    const found = run(cone, failures, fewRounds, happens)
    return found.complete && !happens(found)
  }

  /** Rules that may end the run without a failure. */
  const enders = net.rules.filter((rule) => mayEndRun(rule.rule) && canHold(rule.join, comesAnyway))
  /** The join holds in some execution before any of them ends it. */
  const isInTime = (rule: NetRule): boolean => {
    if (enders.length <= fewEnders && enders.every((ender) => cuts.comesAfter(ender, rule))) return true
    const part = cuts.cutFor(questionOf(rule), false)
    if (cuts.comesToAll(rule.leaves.map(({ event }) => placeOf(event) ?? ""))) return true
    const isPart = part !== undefined && cuts.isReached(part.at) && cuts.isClosed(part)
    const cone = isPart ? part.cone : joinCone(net, rule, once, cuts)
    return exactly(cone, false, ({ fired }) => fired.has(rule.id)).fired.has(rule.id)
  }

  /** In step: decided by shape. */
  const isInStep = (rule: NetRule): boolean =>
    reduce &&
    rule.leaves.every(
      ({ event, each, count }) => !each && count === undefined && event.source === "session" && (event.event === "done" || event.event === "settled"),
    ) &&
    new Set(rule.leaves.map(({ event }) => placeOf(event))).size === rule.leaves.length &&
    (new Set(rule.leaves.map(({ event }) => lockstep.stepOf(placeOf(event) ?? ""))).size === 1 ||
      (new Set(rule.leaves.map(({ event }) => cuts.rootOf(`place ${placeOf(event) ?? ""}`))).size === 1 &&
        rule.leaves.every(({ event }) => cuts.isReached(`place ${placeOf(event) ?? ""}`)))) &&
    isInTime(rule)

  const undoing = undoingReach(net)
  const decideJoin = (rule: NetRule): JoinFact => {
    if (rule.leaves.some(({ event }) => undoing.has(placeOf(event) ?? "") || (isCompensated(event) && net.undoing.instances.has(event.session))))
      return { rule: rule.id, verdict: "undecided", undoing: true }
    if (isInStep(rule)) return { rule: rule.id, verdict: "satisfiable" }
    const fires = ({ fired }: Found): boolean => fired.has(rule.id)
    const starves = ({ starved }: Found): boolean => starved.has(rule.id)
    const mayFire = (found: Found): boolean => fires(found) || found.unsure.has(`fired ${rule.id}`)
    const mayStarve = (found: Found): boolean => starves(found) || found.unsure.has(`starved ${rule.id}`)
    const question = questionOf(rule)
    const whole = (): Cone => coneOf(net, question, () => false)

    /** Undefined where the part of the fleet that matters does not tell. */
    const decideInPart = (): JoinFact | undefined => {
      const part = cuts.cutFor(question, false)
      if (part === undefined || !cuts.isReached(part.at) || !cuts.isClosed(part)) return undefined
      const normal = exactly(part.cone, false, (found) => fires(found) && starves(found))
      if (!fires(normal)) {
        const wider = cuts.cutFor(question, true)
        if (wider === undefined || mayFire(normal)) return undefined
        const failing = exactly(wider.cone, true, fires)
        if (
          fires(failing)
            ? !(cuts.isReached(wider.at) && cuts.isClosed(wider))
            : mayFire(failing) || !(failing.complete || isRuledOut(wider.cone, true, mayFire))
        )
          return undefined
        if (!fires(failing)) {
          const told = starves(normal) ? story(whole, part, false, starves)?.starved.get(rule.id) : undefined
          return { rule: rule.id, verdict: "unsatisfiable", ...(told ?? { scenario: unreachedOf(rule) }) }
        }
      }
      if (starves(normal)) {
        const told = story(whole, part, false, starves)?.starved.get(rule.id)
        return told === undefined ? undefined : { rule: rule.id, verdict: "may-starve", ...told }
      }
      return !mayStarve(normal) && (normal.complete || isRuledOut(part.cone, false, mayStarve)) ? { rule: rule.id, verdict: "satisfiable" } : undefined
    }
    const part = reduce ? decideInPart() : undefined
    if (part !== undefined) return part
    const cone = joinCone(net, rule, once, cuts)
    const normal = exactly(cone, false, (found) => fires(found) && found.starved.has(rule.id))
    const starved = normal.starved.get(rule.id)
    if (!fires(normal)) {
      const failing = exactly(cone, true, fires)
      if (!fires(failing)) {
        const never = !mayFire(normal) && !mayFire(failing) && (failing.complete || isRuledOut(cone, true, mayFire))
        if (never) {
          const why = starved === undefined || countsBeyond(rule.join) !== undefined ? { scenario: unreachedOf(rule) } : starved
          return { rule: rule.id, verdict: "unsatisfiable", ...why }
        }
        if (starved === undefined || !mayFire(failing)) return undecided(rule, false, failing)
      }
    }
    if (starved !== undefined) return { rule: rule.id, verdict: "may-starve", ...starved }
    const never = !mayStarve(normal) && (normal.complete || isRuledOut(cone, false, mayStarve))
    return never ? { rule: rule.id, verdict: "satisfiable" } : undecided(rule, true, normal)
  }

  const facts = new Map<string, JoinFact>()
  const dead = new Set<string>()
  let reach = readReach(net, dead)
  const unreachedOf = (rule: NetRule): string => {
    const beyond = countsBeyond(rule.join)
    if (beyond !== undefined) return beyond
    const missing = [...new Set(rule.leaves.map(({ event }) => placeOf(event)))].filter((place) => place !== undefined && !reach.places.has(place))
    if (missing.length > 0) return `nothing starts ${missing.join(" or ")}`
    const kept = rule.leaves.flatMap(({ event }) =>
      isCompensated(event) && net.undoable.has(event.session) && !reach.undone.has(event.session) ? event.session : [],
    )
    return kept.length > 0 ? `nothing undoes ${[...new Set(kept)].join(" or ")}` : "its members never end together"
  }
  // in file order; a join found dead can make later ones unreachable, so reach is read again
  const joins = net.rules.filter(isJoin)
  let changed = true
  while (changed) {
    changed = false
    for (const rule of joins) {
      if (facts.has(rule.id)) continue
      if (!reach.rules.has(rule.id)) continue
      const fact = decideJoin(rule)
      facts.set(rule.id, fact)
      if (fact.verdict === "unsatisfiable") {
        dead.add(rule.id)
        changed = true
      }
    }
    if (changed) reach = readReach(net, dead)
  }
  const final = reach
  const causeOf = (rule: NetRule): string | undefined => {
    for (const { event } of rule.leaves) {
      const place = placeOf(event)
      if (place === undefined || final.places.has(place)) continue
      const starters = (net.activators.get(place) ?? []).filter((starter) => starter !== rule)
      if (starters[0] !== undefined) return starters[0].id
    }
    return undefined
  }
  for (const rule of joins) {
    if (final.rules.has(rule.id)) continue
    const because = causeOf(rule)
    const { scenario = unreachedOf(rule), course } = facts.get(rule.id) ?? {}
    facts.set(rule.id, {
      rule: rule.id,
      verdict: "unsatisfiable",
      scenario,
      ...(course !== undefined && { course }),
      ...(because !== undefined && { because }),
    })
  }

  /** What undoes instances may start it. */
  const isUndoing = (session: string, starters: ReadonlyArray<NetRule>): boolean =>
    undoing.has(session) || starters.some(({ leaves }) => leaves.some(({ event }) => undoing.has(placeOf(event) ?? "")))
  const doubleActivations: Array<DoubleActivation> = []
  const undecidedSessions: Array<SoundnessFacts["undecidedSessions"][number]> = []
  for (const [session, starters] of net.activators) {
    const alive = starters.filter(({ id }) => final.rules.has(id))
    if (alive.length < 2 || session === "human" || session.startsWith("gate ")) continue
    if (reduce && relays.inRelay(session)) continue
    const followed = !isUndoing(session, alive)
    const isDouble = (found: Found): boolean => found.doubles.has(session) || found.unsure.has(`double ${session}`)
    const part = reduce && followed ? cuts.cutFor({ name: `place ${session}`, rules: alive, places: [session] }, false) : undefined
    if (part !== undefined) {
      const inPart = exactly(part.cone, false)
      if (!isDouble(inPart) && (inPart.complete || isRuledOut(part.cone, false, isDouble))) continue
      const whole = (): Cone => coneOf(net, { rules: alive, places: [session] }, () => false)
      const told =
        inPart.doubles.has(session) && cuts.isClosed(part) ? story(whole, part, false, ({ doubles }) => doubles.has(session))?.doubles.get(session) : undefined
      if (told !== undefined) {
        doubleActivations.push({ session, ...told })
        continue
      }
    }
    const cone = doubleCone(net, session, alive, once, cuts)
    const found = exactly(cone, false)
    const double = found.doubles.get(session)
    const last = alive.at(-1)
    if (double !== undefined) doubleActivations.push({ session, ...double })
    else if (last !== undefined && (!followed || ((isDouble(found) || !found.complete) && !isRuledOut(cone, false, isDouble))))
      undecidedSessions.push({ session, rule: last.id })
  }

  const endless = findEndless(net, final, (cone) => searched(cone, { failures: false, reduce: false, once: never, deep: true, done: ({ ended }) => ended }))
  const decided = joins.flatMap(({ id }) => facts.get(id) ?? [])
  return {
    joins: decided,
    doubleActivations,
    undecidedSessions,
    ...(endless?.kind === "never" && { neverEnds: { rule: endless.rule, scenario: endless.scenario } }),
    ...(endless?.kind === "undecided" && { undecidedEnd: endless.rule }),
    deadRules: net.rules.filter((rule) => !isJoin(rule) && !final.rules.has(rule.id)).map(({ id }) => id),
    undecided: undecidedSessions.length > 0 || endless?.kind === "undecided" || decided.some(({ verdict }) => verdict === "undecided"),
    states,
  }
}

const questionOf = (rule: NetRule): Question => ({ name: `rule ${rule.id}`, rules: [rule], places: [] })

const undecided = ({ id }: NetRule, fires: boolean, { complete, crowded }: Found): JoinFact => ({
  rule: id,
  verdict: "undecided",
  fires,
  ...(complete && (crowded ? { room: true } : { guards: true })),
})

/** See `ExploreOptions`. */
const wholeCone = 100

/** A cut forgets what ran before what, which matters to guards that read a session other than those that trigger the rule. */
const joinCone = (net: Net, rule: NetRule, once: (place: string) => boolean, cuts: Cuts): Cone => {
  const whole = coneOf(net, { rules: [rule], places: [] }, () => false)
  if (whole.rules.length <= wholeCone) return whole
  const cut = coneOf(net, { rules: [rule], places: [] }, once)
  const local = cut.rules.every(({ leaves, reads }) => [...reads].every((read) => leaves.some(({ event }) => placeOf(event) === read)))
  return local && isReached(cut, cuts) ? cut : whole
}

/** The run does not end before it comes to where the cone begins. */
const isReached = ({ given }: Cone, cuts: Cuts): boolean => [...given].every((place) => cuts.isReached(`place ${place}`))

const doubleCone = (net: Net, session: string, rules: ReadonlyArray<NetRule>, once: (place: string) => boolean, cuts: Cuts): Cone => {
  const from = { rules, places: [session] }
  const whole = coneOf(net, from, () => false)
  if (whole.rules.length <= wholeCone) return whole
  const cut = coneOf(net, from, once)
  // a cut keeps the order of things only where everything beyond it comes from one place
  return cut.start.length === 1 && isReached(cut, cuts) ? cut : whole
}

/** It sends around a loop more often than few rounds tell. */
const isLong = ({ rule }: NetRule): boolean => {
  let long = false
  for (const action of actionsOf(rule))
    visitActions(action, (inner) => {
      long ||= (inner.kind === "send" || inner.kind === "retry") && (inner.max?.count ?? 0) > fewRounds
    })
  return long
}
