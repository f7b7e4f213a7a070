/** Every hook that a plugin has, misbehaving in every way: what it was asked about may fail, the sessions beside it end as they would have, at once. */
import { describe, expect, it } from "vitest"
import type { DriverEvent, Workspace } from "#sdk"
import type { AnyDriver, AnyPolicyPack, AnyRouting, AnyWorkspaceProvider } from "../../../runtime/engine/run.ts"
import type { FleetEvent } from "../../../runtime/machine/protocol.ts"
import { attacked, endOf, hour } from "./attacked.ts"
import { fakeDriver, followUp, saysOk } from "./fleet.ts"

const never = new Promise<never>(() => {})
const circular: { self?: unknown } = {}
circular.self = circular

/** What a hook does instead of its work. */
const ways: { readonly [way: string]: () => unknown } = {
  throws: () => {
    throw new Error("on purpose")
  },
  rejects: () => Promise.reject(new Error("on purpose")),
  hangs: () => never,
  "gives nothing": () => undefined,
  "gives a number": () => 7,
  "gives a circle": () => circular,
  "gives a promise of a function": () => Promise.resolve(() => 1),
  floods: () => Array.from({ length: 20_000 }, () => "x".repeat(100)),
}

const rows = <A>(hooks: ReadonlyArray<A>): ReadonlyArray<readonly [A, string, () => unknown]> =>
  hooks.flatMap((hook) => Object.entries(ways).map(([way, act]) => [hook, way, act] as const))

/** `good` and `after` beside it, and one end of the run. */
const untouched = (events: ReadonlyArray<FleetEvent>): void => {
  const begun = events[0]?.at ?? 0
  for (const id of ["good", "after"]) expect(endOf(events, id)).toMatchObject({ type: "session.done", text: "ok", at: begun })
  expect(events.at(-1)).toMatchObject({ type: "run.ended" })
  expect(events.filter(({ type }) => type === "run.ended")).toHaveLength(1)
}

const agent = (event: { readonly kind: string; readonly [key: string]: unknown }): DriverEvent => ({ type: "agent", event: event as never })

/** Crosses every boundary: it is started, prompted, asks for a tool, leaves an artifact, says something, and is followed. */
const busy = (answers: Array<unknown>): AnyDriver =>
  fakeDriver((frame, say) => {
    if (frame.type === "prompt") say(agent({ kind: "cap.permission.request", req_id: "1", tool: "Write", intent: { file_path: "x" }, risk_level: "low" }))
    if (frame.type !== "answer") return
    answers.push(frame)
    say(agent({ kind: "cap.artifact", id: "1", name: "plan", mime: "text/plain", content: "the plan" }))
    say(agent({ kind: "cap.text_chunk", text: "some words" }))
    say({ type: "turn.ended", end: { stop: "end_turn" }, text: "some words" })
  })

describe("other sessions are untouched by a policy", () => {
  /** How a session ends whose pack fails at the boundary; and what then did not happen. */
  const closed = {
    spawn: { a: "session.failed", not: /"type":"turn.started","session":"a"/u },
    prompt: { a: "session.failed", not: /"type":"turn.started","session":"a"/u },
    tool: { a: "session.done", not: /"reply":"allow_once"/u },
    artifact: { a: "session.done", not: /the plan/u },
    output: { a: "session.failed", not: /some words/u },
    route: { a: "session.done", not: /"type":"turn.started","session":"b"/u },
  } as const

  it.each(rows(Object.keys(closed) as ReadonlyArray<keyof typeof closed>))("that at %s %s", async (boundary, way, act) => {
    // the routes of a fleet are looked at by its own packs
    const decide = boundary === "route" ? (_: string, payload: unknown) => (JSON.stringify(payload).includes('"b"') ? act() : undefined) : act
    const policy = { boundaries: [boundary], decide } as unknown as AnyPolicyPack
    const answers: Array<unknown> = []
    const rules = [followUp(1, "good", "after"), followUp(2, "a", "b")]
    const packs = boundary === "route" ? { policies: [{ use: "bad", with: {} }] } : {}
    const { events } = await attacked(
      { driver: busy(answers), policy },
      { permissions: "allow", ...(boundary === "route" ? { policies: [] } : {}) },
      { rules, ...packs },
    )
    untouched(events)
    const { a, not } = closed[boundary]
    // no answer is no objection
    const passes = way === "gives nothing"
    expect(endOf(events, "a")?.type).toBe(passes ? "session.done" : a)
    const told = JSON.stringify([answers, events.map(({ seq: _seq, run: _run, at: _at, ...event }) => event)])
    if (passes) expect(told).toMatch(not)
    else expect(told).not.toMatch(not)
    expect(told.includes('"effect":"deny"')).toBe(!passes)
  })
})

describe("other sessions are untouched by a fleet's mode", () => {
  it.each(rows(["decide"] as const))("whose %s %s: a session that it alone routes has failed, never done", async (_, way, act) => {
    const decide = ((request: Parameters<AnyRouting["decide"]>[0]) => (request.session === "a" ? act() : [])) as AnyRouting["decide"]
    const { events } = await attacked({ routing: { decide } }, {}, { mode: { use: "bad", with: {} }, rules: [followUp(1, "good", "after")] })
    untouched(events)
    expect(endOf(events, "a")).toMatchObject({ type: "session.failed", error: { kind: "routing_error", message: expect.stringContaining('"bad" (decide') } })
    expect([way, events.some((event) => event.type === "session.done" && event.session === "a")]).toEqual([way, false])
  })
})

describe("other sessions are untouched by a workspace", () => {
  const place: Workspace = {
    path: "/nowhere",
    branch: "own",
    snapshot: async () => ({ branch: "own", commit: "c" }),
    diff: async () => "",
    release: async () => ({}),
  }
  const hooks = ["snapshot", "diff", "update", "conflicts", "current", "release"] as const

  it.each(rows(hooks))("whose %s %s", async (hook, _, act) => {
    const workspace = { isolated: true, acquire: async () => ({ ...place, [hook]: act }) } as AnyWorkspaceProvider
    // a second activation brings in what the one that triggers it has made; a tool has the works compared while the turn runs
    const talks = fakeDriver((frame, say) => {
      if (frame.type !== "prompt") return
      for (const call of ["1", "2"]) {
        say(agent({ kind: "cap.tool_call.start", call_id: call, name: "Read", input: {} }))
        say(agent({ kind: "cap.tool_call.end", call_id: call }))
      }
      say({ type: "turn.ended", end: { stop: "end_turn" }, text: "ok" })
    })
    const { events } = await attacked({ driver: talks, workspace }, {}, { rules: [followUp(1, "good", "after"), followUp(2, "good", "a")] })
    untouched(events)
    expect(["session.done", "session.failed", "session.cancelled"]).toContain(endOf(events, "a")?.type)
  })
})

describe("other sessions are untouched by a driver", () => {
  const handle = (changes: object): AnyDriver => ({ ...saysOk, open: async (context) => ({ ...(await saysOk.open(context)), ...changes }) }) as AnyDriver
  const frames = ["prompt", "answer", "cancel"] as const

  it.each(rows(frames))("whose send of %s %s", async (frame, _, act) => {
    const asks = fakeDriver(() => {})
    const driver: AnyDriver = {
      ...asks,
      open: async () => ({
        events: (async function* () {
          if (frame !== "prompt") yield agent({ kind: "cap.permission.request", req_id: "1", tool: "Read", intent: {}, risk_level: "low" })
          await never
        })(),
        send: (sent) => (sent.type === frame ? (act() as void) : undefined),
        close: () => {},
      }),
    }
    const { events } = await attacked({ driver }, { permissions: "allow", timeoutMs: 60_000 })
    untouched(events)
    const own = endOf(events, "a")
    expect(own?.type).toBe("session.failed")
    expect((own?.at ?? 0) - (events[0]?.at ?? 0)).toBeLessThan(hour)
  })

  it.each(rows(["[Symbol.asyncIterator]", "next", "return"] as const))("whose events' %s %s", async (hook, way, act) => {
    const reader = { next: () => never, return: async () => ({ done: true, value: undefined }) }
    const events = hook === "[Symbol.asyncIterator]" ? { [Symbol.asyncIterator]: act } : { [Symbol.asyncIterator]: () => ({ ...reader, [hook]: act }) }
    const seen = await attacked({ driver: handle({ events }) }, { timeoutMs: 60_000 })
    untouched(seen.events)
    expect([hook, way, endOf(seen.events, "a")?.type]).toEqual([hook, way, "session.failed"])
  })
})
