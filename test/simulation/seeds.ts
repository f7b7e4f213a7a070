/** One seed: a case, its runs, the laws; and the least case that breaks the same law. */
import { AssertionError } from "node:assert"
import * as fc from "fast-check"
import { cases, scriptOf, type Case } from "./cases.ts"
import { heard } from "./crashes.ts"
import { textOf } from "./fleets.ts"
import { laws } from "./laws.ts"
import { observe, type Observed } from "./observe.ts"

export interface Broken {
  readonly law: string
  readonly message: string
}

/** How the processes of a case end, when not as it says itself. */
type Ends = ReadonlyArray<{ readonly append: number; readonly how: string; readonly down: string }>

export interface Verdict {
  readonly broken?: Broken
  readonly ends?: Ends
  /** What the case was made of, for a look at how much was tried. */
  readonly status: string
  readonly runs: number
}

const short = (error: unknown): string => {
  const text = error instanceof AssertionError ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)
  return text.split("\n").slice(0, 12).join("\n")
}

const judge = (observed: Observed): Broken | undefined => {
  for (const [law, holds] of Object.entries(laws)) {
    try {
      holds(observed)
    } catch (error) {
      return { law, message: short(error) }
    }
  }
  return undefined
}

const mostAppends = 200

/** How thoroughly a case is tried: once, twice to see that it is the same, or with a process that dies at every append. */
export type Depth = "once" | "twice" | "every append"

const run = async (given: Case, depth: Depth, always?: Ends): Promise<Verdict> => {
  let runs = 0
  const tried = async (ends?: Ends) => {
    runs += 1
    return observe(given, ends === undefined ? {} : { ends: [...ends] })
  }
  const first = await tried(always)
  if (first.kind === "no fleet") return { status: "no fleet", runs }
  const {
    simulation: { events, result },
  } = first.observed
  const status = result.status
  const broken = judge(first.observed)
  if (broken !== undefined || depth === "once") return { status, runs, ...(broken === undefined ? {} : { broken }) }
  if (depth === "twice") {
    const second = await tried()
    const same = second.kind === "observed" && JSON.stringify(second.observed.simulation.events) === JSON.stringify(events)
    return { status, runs, ...(same ? {} : { broken: { law: "4 deterministic", message: "the same case gives other events the second time" } }) }
  }
  for (let append = 1; append <= mostAppends; append++) {
    for (const how of ["killed", "written"]) {
      const ends = [{ append, how, down: "10ms" }]
      const next = await tried(ends)
      if (next.kind === "no fleet") return { status, runs }
      const failed = judge(next.observed)
      if (failed !== undefined) return { status, runs, ends, broken: failed }
      if (how === "killed" && next.observed.read.length < 2 && append > 1) return { status, runs }
    }
  }
  return { status, runs }
}

/** What an engine throws is a broken law as well, and so is what it lets fail where nobody hears it. */
export const examine = async (given: Case, depth: Depth, ends?: Ends): Promise<Verdict> => {
  try {
    return await heard(() => run(given, depth, ends))
  } catch (error) {
    return { status: "thrown", runs: 1, broken: { law: "the engine holds", message: short(error) } }
  }
}

/** Each twentieth dies at every append, each tenth runs twice. */
export const depthOf = (seed: number): Depth => (seed % 20 === 0 ? "every append" : seed % 10 === 5 ? "twice" : "once")

export const caseOf = (seed: number): Case => {
  const [made] = fc.sample(cases, { seed, numRuns: 1 })
  if (made === undefined) throw new Error("no case")
  return made
}

export interface Shrunk {
  readonly given: Case
  readonly broken: Broken
}

const withEnds = (given: Case, ends: Ends | undefined): Case => (ends === undefined ? given : { ...given, faults: { ...given.faults, ends: [...ends] } })

/** A small case that breaks the same law; the case itself when none smaller does. Gives up after so many tries. */
export const shrink = async (seed: number, broken: Broken, depth: Depth, ends?: Ends, tries = 300): Promise<Shrunk> => {
  let least: Shrunk = { given: withEnds(caseOf(seed), ends), broken }
  let left = tries
  await fc.check(
    fc.asyncProperty(cases, async (made) => {
      if (left-- <= 0) return true
      const given = withEnds(made, ends)
      const now = (await examine(given, depth === "twice" ? "twice" : "once")).broken
      if (now?.law !== broken.law) return true
      least = { given, broken: now }
      return false
    }),
    { seed, numRuns: 1 },
  )
  return least
}

export const filesOf = ({ given, broken }: Shrunk): { readonly fleet: string; readonly script: string } => {
  const why = `# breaks "${broken.law}"\n${broken.message
    .split("\n")
    .map((line) => `# ${line}`.trimEnd())
    .join("\n")}\n`
  return { fleet: `${why}${textOf(given.fleet)}`, script: `${why}${JSON.stringify(scriptOf(given), null, 2)}\n` }
}
