/** Some seeds of the simulation, every time; `npm run simulate:seeds` tries as many as one likes. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { compile } from "#compiler"
import { builtinPolicies, silentModels } from "#plugins"
import { builtinManifests } from "#plugins/loader/builtin-manifests.ts"
import { makeScripted, readScript } from "#plugins/drivers/scripted/index.ts"
import type { FleetEvent } from "../../runtime/machine/index.ts"
import { readOutsideScript } from "../../runtime/engine/script.ts"
import { simulate } from "../../runtime/engine/simulate.ts"
import { scriptOf } from "./cases.ts"
import { heard } from "./crashes.ts"
import { textOf } from "./fleets.ts"
import { laws } from "./laws.ts"
import { observe, type Observed } from "./observe.ts"
import { caseOf, depthOf, examine, filesOf } from "./seeds.ts"

describe("simulated runs", () => {
  it.each(Array.from({ length: 10 }, (_, at) => at * 20))(
    "keep every law from seed %i on",
    async (from) => {
      const broken: Array<string> = []
      for (let seed = from + 1; seed <= from + 20; seed++) {
        const verdict = await examine(caseOf(seed), depthOf(seed))
        if (verdict.broken !== undefined) broken.push(`seed ${seed}: ${verdict.broken.law}: ${verdict.broken.message}`)
      }
      expect(broken).toEqual([])
    },
    120_000,
  )

  it("come in many kinds", async () => {
    const missing = new Set([
      ...["cancelled", "failed", "succeeded"],
      ...["run.recovered", "run.paused", "session.retrying", "session.cancelled", "session.skipped", "turn.failed", "request.answered"],
      ...["budget.updated", "route.declined", "user.sent", "plugin.routed"],
      ...["clock", "drivers", "ends", "journal", "policies", "routers", "seed", "sinks", "snapshots", "workspaces", "commands of another process"],
    ])
    for (let seed = 1; seed <= 200 && missing.size > 0; seed++) {
      const outcome = await observe(caseOf(seed))
      if (outcome.kind === "no fleet") continue
      const { simulation, records, outside, commanded } = outcome.observed
      missing.delete(simulation.result.status)
      for (const { type } of simulation.events) missing.delete(type)
      for (const { fact } of records) missing.delete(fact.type)
      for (const kind of Object.keys(outside.faults ?? {})) missing.delete(kind)
      if (commanded.some(({ answer }) => answer !== undefined)) missing.delete("commands of another process")
    }
    expect([...missing]).toEqual([])
  }, 120_000)
})

/** What a broken engine would show, made of what a sound one did. */
const spoilt: { readonly [law: string]: (sound: Observed) => Observed } = {
  "1 order": (one) => ({ ...one, simulation: { ...one.simulation, events: [...one.simulation.events].reverse() } }),
  "2 exactly one terminal": (one) => ({ ...one, simulation: { ...one.simulation, events: one.simulation.events.filter(({ type }) => type !== "turn.done") } }),
  "3 durable before visible": (one) => ({ ...one, records: one.records.slice(1) }),
  "4 deterministic": (one) => ({ ...one, replay: { ...one.replay, difference: { record: 0, fact: { type: "resume", at: 0 }, recorded: [], replayed: [] } } }),
  "5 a driver that dies is noticed, a turn that takes too long ends": (one) => ({
    ...one,
    written: one.written.map(({ life, ms }) => ({ life, ms: ms * 1000 })),
  }),
  "5 timers are on time": (one) => ({
    ...one,
    records: one.records.map(({ fact, events }) => ({ fact: { ...fact, at: fact.at * 1000 }, events })),
  }),
  "5 no permit lies idle": (one) => ({
    ...one,
    records: one.records.map((record) => ({
      ...record,
      events: record.events.flatMap((event): ReadonlyArray<FleetEvent> => {
        if (event.type !== "turn.started") return [event]
        const { seq, run, at, session, turn, attempt } = event
        return [{ seq, run, at, type: "session.retrying", session, turn, attempt, delay_ms: 1, error: { kind: "internal", message: "" } }, event]
      }),
    })),
  }),
  "5 no turn begins above the limit": (one) => ({ ...one, ir: { ...one.ir, limits: { ...one.ir.limits, parallel: 0 } } }),
  "6 no false claims": (one) => ({ ...one, ir: { ...one.ir, start: [...one.ir.start, "b"] } }),
  "7 cancel is scoped and leaves nothing": (one) => ({ ...one, released: one.released.map(({ life, ms }) => ({ life, ms: ms + 1000 })) }),
  "8 lag is explicit": (one) => ({ ...one, read: one.read.map((items) => items.slice(1)) }),
  "9 total": (one) => ({ ...one, simulation: { ...one.simulation, events: one.simulation.events.slice(1) } }),
  "nothing is left": (one) => ({ ...one, leftOpen: ["driver of a never given back"] }),
  "the end is true": (one) => ({ ...one, simulation: { ...one.simulation, result: { ...one.simulation.result, status: "needs_review" } } }),
  "commands of other processes are answered once": (one) => ({ ...one, commanded: [{ command: { type: "pause" }, ms: 0, answer: { id: 1 } }] }),
  "snapshots are true": (one) => ({ ...one, folds: ["one", "another"] }),
  "nothing is done twice": (one) => ({ ...one, prompted: one.prompted.map((prompt) => ({ ...prompt, records: one.records.length })) }),
}

describe("the laws of a simulation", () => {
  const plain = { sessions: {}, replies: [], commands: [], faults: {}, reader: { buffer: 8, ms: 0 } }
  const fleet = {
    sessions: Object.fromEntries(["a", "b", "c", "d", "w"].map((id) => [id, { timeout: "1s" }])),
    start: ["a"],
    parts: [["on a.done -> c max 1"]],
    parallel: 2,
    undone: false,
  }

  it("1 order: a session may be an older half of a join, and news to an earlier rule later in the step", async () => {
    const parts = [
      [
        "on a.done -> cancel others",
        'on race(c.settled, d.done) -> [a, c] after 20ms max 1 then fail "enough"',
        "on 2 of (c.done, a.done, b.done) -> a after 20ms max 1",
      ],
    ]
    const outcome = await observe({ ...plain, fleet: { ...fleet, start: ["c"], parts, parallel: 1 } })
    if (outcome.kind === "no fleet") throw new Error(JSON.stringify(outcome.diagnostics))
    expect(laws["1 order"]?.(outcome.observed)).toBeUndefined()
  })

  it.each(Object.entries(spoilt))("see a breach of %s", async (law, spoil) => {
    const outcome = await observe({ ...plain, fleet })
    if (outcome.kind === "no fleet") throw new Error("no fleet")
    const holds = laws[law]
    if (holds === undefined) throw new Error(`there is no law ${law}`)
    holds(outcome.observed)
    expect(() => holds(spoil(outcome.observed))).toThrow()
  })
})

describe("what fails where nobody hears it", () => {
  it.each([
    ["a promise", async (): Promise<void> => void Promise.reject(new Error("unheard"))],
    ["a callback", async (): Promise<void> => queueMicrotask(() => expect.unreachable("unheard"))],
  ] as const)("is of the seed under which %s does", async (_, work) => {
    await expect(heard(work)).rejects.toThrow("unheard")
    expect(await heard(async () => "nothing of it is left")).toBe("nothing of it is left")
  })
})

describe("what is written down of a broken seed", () => {
  it("is played again by simulate, event for event", async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const outcome = await observe(caseOf(seed))
      if (outcome.kind === "no fleet") continue
      const { simulation } = outcome.observed
      const { fleet, script } = filesOf({ given: caseOf(seed), broken: { law: "none", message: "it holds" } })
      const value = JSON.parse(script.replace(/^#.*\n/gm, ""))
      const outside = readOutsideScript(value)
      const sessions = readScript(value.sessions)
      const { ir } = compile({ file: "fleet.yaml", text: fleet, files: () => undefined, plugins: builtinManifests })
      if (!outside.ok || !sessions.ok || ir === undefined) throw new Error("what was written is not what was meant")
      const again = await simulate(ir, { driver: makeScripted(sessions.script), outside: outside.script, policies: builtinPolicies, routers: silentModels })
      const untimed = ({ events }: { readonly events: ReadonlyArray<object> }) => events.map((event) => ("type" in event ? event.type : ""))
      // a fleet without a seed of its own is played in one order only; one with a seed depends on every step, also those of whoever watches
      if (outside.script.faults?.seed === undefined) expect(untimed(again)).toEqual(untimed(simulation))
      else expect(again.events.at(-1)?.type).toBe("run.ended")
    }
  })
})

it("cases are made of their seed alone", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), (seed) => {
      expect([textOf(caseOf(seed).fleet), scriptOf(caseOf(seed))]).toEqual([textOf(caseOf(seed).fleet), scriptOf(caseOf(seed))])
    }),
    { numRuns: 10 },
  )
})
