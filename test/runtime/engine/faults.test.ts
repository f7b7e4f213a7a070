/** Simulations in which things go wrong on purpose. */
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import type { Json, Rule } from "#ir"
import { makeScripted, readScript } from "#plugins/drivers/scripted/index.ts"
import type { AnyPolicyPack } from "../../../runtime/engine/run.ts"
import type { JournalShape } from "../../../runtime/journal/journal.ts"
import { makeMemoryJournal } from "../../../runtime/journal/memory.ts"
import { readOutsideScript } from "../../../runtime/engine/script.ts"
import { simulate } from "../../../runtime/engine/simulate.ts"
import { fleet, followUp, pipeline, session } from "./fleet.ts"

const play = async (faults: Json, ir = pipeline(3), sessions: Json = {}) => {
  const outside = readOutsideScript({ faults })
  const script = readScript(sessions)
  if (!outside.ok || !script.ok) throw new Error(JSON.stringify([outside, script]))
  return simulate(ir, { driver: makeScripted(script.script), outside: outside.script })
}

const pure = (count: number) => ({ ...pipeline(count), sessions: pipeline(count).sessions.map((one) => ({ ...one, effect: "pure" as const })) })

const failuresOf = async (faults: Json, ir = fleet([session("a", { timeoutMs: 1000 }), session("b")], [followUp(1, "a", "b")])) => {
  const { events, result } = await play(faults, ir)
  return [result.status, ...events.flatMap((event) => (event.type === "session.failed" ? [`${event.session} ${event.error.kind} at ${event.at}`] : []))]
}

describe("faults of a simulation", () => {
  it.each<[string, Json, ReadonlyArray<string>]>([
    ["a driver that refuses", { drivers: [{ session: "a", opening: 1, fault: "refuses" }] }, ["failed", "a driver_error at 0"]],
    ["an agent that dies", { drivers: [{ session: "a", opening: 1, fault: "dies", after: 1 }] }, ["failed", "a agent_exited at 0"]],
    ["a stream that breaks", { drivers: [{ session: "a", opening: 1, fault: "breaks" }] }, ["failed", "a driver_error at 0"]],
    ["garbage", { drivers: [{ session: "a", opening: 1, fault: "garbage" }] }, ["failed", "a driver_error at 0"]],
    ["silence", { drivers: [{ session: "a", opening: 1, fault: "silent" }] }, ["failed", "a timeout at 1000"]],
    ["a driver that takes nothing", { drivers: [{ session: "a", opening: 1, fault: "deaf" }] }, ["failed", "a timeout at 1000"]],
    ["an agent that does not go", { drivers: [{ session: "a", opening: 1, fault: "stays" }] }, ["succeeded"]],
    ["no workspace", { workspaces: [{ session: "a", call: "acquire", time: 1 }] }, ["failed", "a workspace_error at 0"]],
    ["a commit that fails", { workspaces: [{ session: "a", call: "snapshot", time: 1 }] }, ["failed", "a workspace_error at 0"]],
    ["a workspace that stays", { workspaces: [{ session: "a", call: "release", time: 1 }] }, ["succeeded"]],
  ])("%s", async (_, faults, told) => {
    expect(await failuresOf(faults)).toEqual(told)
  })

  it.each(["killed", "written", "refused"])("a process that is %s at any append is followed by one that goes on", async (how) => {
    let resumed = 0
    for (let append = 1; append < 20; append++) {
      const { events, result, asleep } = await play({ ends: [{ append, how, down: "10s" }] }, pure(3))
      expect([result.status, asleep]).toEqual(["succeeded", 0])
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
      if ((events.at(-1)?.at ?? 0) >= 10_000) resumed += 1
    }
    expect(resumed).toBeGreaterThan(5)
  })

  it("a run is over when all of its agents are gone, one that was told to go and began anew included", async () => {
    const again: Rule = { ...followUp(1, "a", "a"), join: { kind: "event", leaf: 0, event: { source: "session", session: "a", event: "cancelled" } } }
    const outside = readOutsideScript({
      commands: [
        { at: 1, cancel: { session: "a" } },
        { at: 2, cancel: "fleet" },
      ],
      faults: { drivers: [{ session: "a", opening: 1, fault: "stays" }] },
    })
    const script = readScript({ a: [{ hang: true }] })
    if (!outside.ok || !script.ok) throw new Error("no script")
    const { result, asleep } = await simulate(fleet([session("a")], [again]), { driver: makeScripted(script.script), outside: outside.script })
    expect([result.status, asleep]).toEqual(["cancelled", 0])
  })

  it("a reply that a policy still looks at when the run ends is given up with it", async () => {
    const outside = readOutsideScript({
      replies: [{ when: { kind: "question" }, after: 10, reply: "this one" }],
      commands: [{ at: 50, cancel: "fleet" }],
    })
    const script = readScript({ a: [{ question: "which one?" }] })
    if (!outside.ok || !script.ok) throw new Error("no script")
    let looked = 0
    const looks: AnyPolicyPack = {
      boundaries: ["prompt"],
      decide: (_, { text }) => {
        if (text !== "this one") return { effect: "allow" }
        looked += 1
        return Effect.never
      },
    }
    const { events, result, asleep } = await simulate(
      { ...fleet([session("a")]), policies: [{ use: "looks", with: {} }] },
      { driver: makeScripted(script.script), outside: outside.script, policies: { looks } },
    )
    expect([looked, result.status, events.at(-1)?.at]).toEqual([1, "cancelled", 50])
    // its patience with the pack would still be there
    expect(asleep).toBe(0)
  })

  it.each([1, 3, 7])("snapshots whenever %i records more are written, also by the process that takes the run up", async (every) => {
    const outside = readOutsideScript({ faults: { snapshots: every, ends: [{ append: 8, how: "written", down: "1s" }] } })
    if (!outside.ok) throw new Error("no script")
    const journal = makeMemoryJournal()
    const written: Array<number> = []
    const kept: Array<number> = []
    let records = 0
    const watched: JournalShape = {
      ...journal,
      append: (lease, batch, answers) => {
        records += batch.length
        written.push(records)
        return journal.append(lease, batch, answers)
      },
      keepSnapshot: (lease, snapshot) => {
        kept.push(snapshot.records)
        return journal.keepSnapshot(lease, snapshot)
      },
    }
    const { result } = await simulate(pure(5), { driver: makeScripted(new Map()), outside: outside.script, journal: watched })
    expect(result.status).toBe("succeeded")
    const due: Array<number> = []
    let last = 0
    for (const [at, count] of written.entries()) {
      // the 8th append is the death of the first process: the next counts from there; after the last nobody takes up anything
      if (at !== 7 && (count - last < every || at === written.length - 1)) continue
      last = count
      if (at !== 7) due.push(count)
    }
    expect(kept).toEqual(due)
    expect(kept.length).toBeGreaterThan(1)
  })

  it("any order of what is ready gives a run, the same seed the same one", async () => {
    const ir = { ...fleet([session("a"), session("b"), session("c")], []), start: ["a", "b", "c"] }
    const sessions = { a: [{ text: "x" }], b: [{ text: "y" }], c: [{ text: "z" }] }
    const texts = new Set<string>()
    for (let seed = 0; seed < 20; seed++) {
      const { events, result } = await play({ seed }, ir, sessions)
      expect(result.status).toBe("succeeded")
      expect((await play({ seed }, ir, sessions)).events).toEqual(events)
      texts.add(JSON.stringify(events))
    }
    expect(texts.size).toBeGreaterThan(5)
  })

  it("a clock that is set does not change how long a turn takes", async () => {
    const sessions = { a: [{ after: "10s" }] }
    const { events } = await play(
      {
        clock: [
          { at: "1s", by: 3_600_000 },
          { at: "5s", by: -7_200_000 },
        ],
      },
      fleet([session("a")]),
      sessions,
    )
    expect(events.at(-1)).toMatchObject({ type: "run.ended", status: "succeeded" })
    expect(events.every(({ at }, index) => at >= (events[index - 1]?.at ?? 0))).toBe(true)
  })

  it("what is no fault is told with its place", () => {
    const read = readOutsideScript({ faults: { ends: [{ append: 0, how: "killed" }], drivers: [{ session: "a", opening: 1, fault: "sings" }], sed: 1 } })
    expect(read.ok ? [] : read.problems.map((problem) => problem.split(":")[0])).toEqual(
      expect.arrayContaining(["faults.ends, entry 1.append", "faults.drivers, entry 1.fault", "faults.sed"]),
    )
  })
})
