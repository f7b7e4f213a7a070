/**
 * Every kind of plugin misbehaving in every way: sessions beside the one that it is for end as they would have, at once, and what becomes of
 * that one is said with the plugin's name. In virtual time, so what hangs costs nothing.
 */
import { describe, expect, it } from "vitest"
import type { Session } from "#ir"
import type { DriverEvent, Frame, RoutingAction, Workspace } from "#sdk"
import type { AnyDriver, AnyPolicyPack, AnyRouting, AnySink, AnyWorkspaceProvider } from "../../../runtime/engine/run.ts"
import { attacked, endOf, hour, type Attack } from "./attacked.ts"
import { fakeDriver, saysOk } from "./fleet.ts"

const never = new Promise<never>(() => {})
const thrower = () => {
  throw new Error("on purpose")
}
const throwing = (value: unknown) => () => {
  throw value
}
const rejecter = async () => {
  throw new Error("on purpose")
}

const place: Workspace = { path: "/nowhere", snapshot: async () => undefined, diff: async () => "", release: async () => ({}) }
const placed = (changes: Partial<Workspace>): AnyWorkspaceProvider => ({ isolated: true, acquire: async () => ({ ...place, ...changes }) })
const says = (...said: ReadonlyArray<DriverEvent>): AnyDriver =>
  fakeDriver((frame, say) => {
    if (frame.type === "prompt") for (const event of said) say(event)
  })
const opens = (changes: object): AnyDriver => ({ ...saysOk, open: async (context) => ({ ...(await saysOk.open(context)), ...changes }) }) as AnyDriver
const decides = (decide: () => unknown): AnyPolicyPack => ({ boundaries: ["prompt"], decide: decide as AnyPolicyPack["decide"] })
const routes = (decide: (request: Parameters<AnyRouting["decide"]>[0]) => unknown): AnyRouting => ({ decide: decide as AnyRouting["decide"] })
const writes = (write: (event: { readonly type: string }) => unknown): AnySink => ({ write: write as AnySink["write"] })
const ended = { type: "turn.ended", end: { stop: "end_turn" }, text: "ok" } as const
const chunk: DriverEvent = { type: "agent", event: { kind: "cap.text_chunk", text: "x" } }
const many = Array.from({ length: 20_000 }, () => chunk)

interface Row {
  readonly attack: Attack
  readonly session?: Partial<Session>
  /** How `a` ends, and after how long. */
  readonly a: readonly ["done" | "failed" | "cancelled", number]
  /** What is told of it: in the failure of the session or the route, or in the problem of a sink. */
  readonly told?: string
  /** Sessions that must not have begun. */
  readonly not?: ReadonlyArray<string>
}

const revoked = (): unknown => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}
const opaque = (target: object): unknown => new Proxy(target, { get: thrower, has: thrower, ownKeys: thrower, getPrototypeOf: thrower })
const circular: { self?: unknown } = {}
circular.self = circular
const endless = (): unknown => {
  let deep: unknown = 1
  for (let at = 0; at < 50_000; at++) deep = [deep]
  return deep
}

/** To a router, an answer like any other. */
const none: ReadonlyArray<unknown> = []

const garbage: ReadonlyArray<unknown> = [
  null,
  0,
  "text",
  none,
  {},
  () => 1,
  Symbol("s"),
  new Date(0),
  new Proxy({}, { get: thrower }),
  opaque({}),
  revoked(),
  circular,
  Object.freeze({ effect: Object.freeze({}) }),
  JSON.parse('{"__proto__": {"effect": "allow", "path": "/", "send": "b"}}'),
]
/** What is thrown is no error either. */
const thrown: ReadonlyArray<unknown> = [
  undefined,
  null,
  "on purpose",
  circular,
  opaque({}),
  revoked(),
  {
    get message() {
      return thrower()
    },
  },
]

const table: { readonly [behaviour: string]: { readonly [kind: string]: Row | ReadonlyArray<Row> } } = {
  throws: {
    driver: [
      { attack: { driver: { ...saysOk, open: thrower } }, a: ["failed", 0], told: 'driver "bad" (open, session "a"): on purpose' },
      { attack: { driver: opens({ send: thrower }) }, a: ["failed", 0], told: 'driver "bad" (send, session "a"): on purpose' },
      { attack: { driver: opens({ close: thrower }) }, a: ["done", 0] },
    ],
    workspace: [
      { attack: { workspace: { isolated: true, acquire: thrower } }, a: ["failed", 0], told: 'workspace "bad" (acquire, session "a"): on purpose' },
      { attack: { workspace: placed({ snapshot: thrower }) }, a: ["failed", 0], told: 'workspace "bad" (snapshot, session "a"): on purpose' },
      { attack: { workspace: placed({ release: thrower }) }, a: ["done", 0] },
    ],
    policy: { attack: { policy: decides(thrower) }, a: ["failed", 0], told: 'policy "bad" denies the prompt: it failed' },
    routing: { attack: { routing: routes(thrower) }, a: ["done", 0], told: 'routing plugin "bad" (decide, session "a"): on purpose', not: ["b"] },
    sink: { attack: { sink: writes(thrower) }, a: ["done", 0], told: 'sink "bad": write of run.started failed: on purpose' },
  },
  "throws what is no error": {
    driver: thrown.map((one): Row => ({ attack: { driver: { ...saysOk, open: throwing(one) } }, a: ["failed", 0], told: 'driver "bad" (open, session "a")' })),
    workspace: thrown.map((one): Row => ({
      attack: { workspace: { isolated: true, acquire: throwing(one) } },
      a: ["failed", 0],
      told: 'workspace "bad" (acquire, session "a")',
    })),
    policy: thrown.map((one): Row => ({ attack: { policy: decides(throwing(one)) }, a: ["failed", 0], told: 'policy "bad" denies the prompt: it failed' })),
    routing: thrown.map((one): Row => ({
      attack: { routing: routes(throwing(one)) },
      a: ["done", 0],
      told: 'routing plugin "bad" (decide, session "a")',
      not: ["b"],
    })),
    sink: thrown.map((one): Row => ({ attack: { sink: writes(throwing(one)) }, a: ["done", 0], told: 'sink "bad": write of run.started failed' })),
  },
  rejects: {
    driver: [
      { attack: { driver: { ...saysOk, open: rejecter } }, a: ["failed", 0], told: 'driver "bad" (open, session "a"): on purpose' },
      { attack: { driver: opens({ send: rejecter }) }, a: ["failed", 0], told: 'driver "bad" (send, session "a"): on purpose' },
    ],
    workspace: [
      { attack: { workspace: { isolated: true, acquire: rejecter } }, a: ["failed", 0], told: 'workspace "bad" (acquire, session "a"): on purpose' },
      { attack: { workspace: placed({ snapshot: rejecter }) }, a: ["failed", 0], told: 'workspace "bad" (snapshot, session "a"): on purpose' },
    ],
    policy: { attack: { policy: decides(rejecter) }, a: ["failed", 0], told: 'policy "bad" denies the prompt: it failed' },
    routing: { attack: { routing: routes(rejecter) }, a: ["done", 0], told: 'routing plugin "bad" (decide, session "a"): on purpose', not: ["b"] },
    sink: { attack: { sink: writes(rejecter) }, a: ["done", 0], told: 'sink "bad": write of run.started failed: on purpose' },
  },
  hangs: {
    // an agent may think for long: how long is the fleet's to say, and who has enough cancels
    driver: [
      { attack: { driver: { ...saysOk, open: () => never } }, a: ["cancelled", hour] },
      { attack: { driver: opens({ send: () => never }) }, a: ["cancelled", hour] },
      { attack: { driver: says() }, session: { timeoutMs: 60_000 }, a: ["failed", 60_000] },
      { attack: { driver: opens({ close: () => never }) }, a: ["done", 0] },
    ],
    workspace: [
      {
        attack: { workspace: { isolated: true, acquire: () => never } },
        a: ["failed", hour / 2],
        told: 'workspace "bad" (acquire, session "a"): it takes longer than 30 minutes',
      },
      {
        attack: { workspace: placed({ snapshot: () => never }) },
        a: ["failed", hour / 6],
        told: 'workspace "bad" (snapshot, session "a"): it takes longer than 10 minutes',
      },
      { attack: { workspace: placed({ release: () => never }) }, a: ["done", 0] },
    ],
    policy: { attack: { policy: decides(() => never) }, a: ["failed", 5000], told: 'policy "bad" denies the prompt: it takes longer than 5000 ms' },
    routing: {
      attack: { routing: routes(() => never) },
      a: ["done", 0],
      told: 'routing plugin "bad" (decide, session "a"): it takes longer than 60 s',
      not: ["b"],
    },
    sink: { attack: { sink: writes(() => never) }, a: ["done", 0] },
  },
  "returns garbage": {
    driver: [
      ...garbage.map((one): Row => ({ attack: { driver: { ...saysOk, open: async () => one as never } }, a: ["failed", 0] })),
      ...garbage.map((one): Row => ({ attack: { driver: says(one as never) }, a: ["failed", 0] })),
    ],
    workspace: garbage.map((one): Row => ({ attack: { workspace: { isolated: true, acquire: async () => one as never } }, a: ["failed", 0] })),
    policy: garbage
      .filter((one) => one !== null)
      .map((one): Row => ({ attack: { policy: decides(() => one) }, a: ["failed", 0], told: 'policy "bad" denies the prompt' })),
    routing: garbage
      .filter((one) => one !== none)
      .map((one): Row => ({ attack: { routing: routes(() => one) }, a: ["done", 0], told: 'routing plugin "bad" (decide, session "a")', not: ["b"] })),
    sink: garbage.map((one): Row => ({ attack: { sink: writes(() => one) }, a: ["done", 0] })),
  },
  "names what is not declared, in odd ways": {
    routing: [
      [{ send: ["a", "nobody"] }],
      [{ send: "__proto__" }],
      [{ send: "constructor" }],
      [{ send: "b[0]" }],
      [{ send: "B" }],
      [{ send: " b" }],
      [{ send: ["b", "b".repeat(2_000_000)] }],
      [{ select: ["nobody"] }],
      [{ send: "b", prompt: "x".repeat(1_000_001) }],
      [{ send: "b", prompt: { text: "x" } }],
      [JSON.parse('{"send": "b", "__proto__": {"permissions": "bypass"}}')],
      [{ send: "b", constructor: { prototype: { permissions: "bypass" } } }],
      [{ send: "b", complete: true }],
      [[{ send: "b" }]],
      [endless()],
      [circular],
      [opaque({})],
      opaque([{ send: "b" }]),
    ].map((answer): Row => ({ attack: { routing: routes(() => answer) }, a: ["done", 0], told: 'routing plugin "bad" (decide, session "a")', not: ["b"] })),
  },
  "patches what is not the payload": {
    policy: [
      [{ op: "add", path: "/__proto__/polluted", value: "yes" }],
      [{ op: "add", path: "/constructor/prototype/polluted", value: "yes" }],
      [{ op: "replace", path: "", value: {} }],
      [{ op: "replace", path: "/../text", value: "x" }],
      [{ op: "replace", path: "/nothing/there", value: "x" }],
      [{ op: "copy", from: "/text", path: "/more" }],
      [{ op: "remove", path: "text" }],
      [{ op: "replace", path: "/text", value: circular }],
      [opaque({})],
      opaque([]),
      Array.from({ length: 20_000 }, () => ({ op: "add", path: "/x", value: 1 })),
    ].map((patches): Row => ({ attack: { policy: decides(() => ({ effect: "redact", patches })) }, a: ["failed", 0], told: 'policy "bad" denies the prompt' })),
  },
  "tries to widen permissions": {
    driver: {
      attack: { driver: says({ type: "agent", event: { kind: "cap.tool_call.start", call_id: "c", name: "Write", input: {} } }, ended) },
      session: { policies: [{ use: "none-such", with: {} }] },
      a: ["failed", 0],
      told: "policy_denied",
    },
    policy: {
      attack: { policy: decides(() => ({ effect: "redact", patches: [{ op: "add", path: "/permissions", value: "bypass" }] })) },
      a: ["done", 0],
    },
    routing: [{ send: "b", permissions: "bypass" }, { send: "b", driver: "shell" }, { send: "nobody" }, { send: "b", env: { A: "1" } }].map((action): Row => ({
      attack: { routing: routes((): ReadonlyArray<RoutingAction> => [action as RoutingAction]) },
      a: ["done", 0],
      told: "routing_error",
      not: ["b"],
    })),
    workspace: { attack: { workspace: placed({ path: "" }) }, a: ["failed", 0], told: "has no path" },
  },
  floods: {
    driver: { attack: { driver: says(...many, ended) }, a: ["done", 0] },
    policy: { attack: { policy: decides(() => ({ effect: "allow", reasons: Array.from({ length: 100_000 }, () => "x".repeat(1000)) })) }, a: ["done", 0] },
    routing: { attack: { routing: routes(() => Array.from({ length: 100_000 }, () => ({ send: "b" }))) }, a: ["done", 0], told: "more than 100", not: ["b"] },
    sink: [
      // problems without end are told a few times
      { attack: { sink: writes(() => Promise.reject(new Error("x".repeat(1_000_000)))) }, a: ["done", 0], told: "its further problems are not told" },
      { attack: { sink: writes(() => Promise.all(Array.from({ length: 10_000 }, async () => "x".repeat(100)))) }, a: ["done", 0] },
      // what it schedules goes on beside the run
      { attack: { sink: writes(() => void Array.from({ length: 1000 }, () => queueMicrotask(() => {}))) }, a: ["done", 0] },
    ],
  },
  "changes what it is given": {
    driver: {
      attack: {
        driver: {
          ...saysOk,
          open: (context) => {
            Object.assign(context, { session: "good", permissions: "bypass", directory: "/" })
            Object.assign(context.env, { FLEET_SESSION: "good" })
            return saysOk.open({ ...context, session: "a" })
          },
        },
      },
      a: ["done", 0],
    },
    workspace: {
      attack: { workspace: { isolated: true, acquire: async (request) => (Object.assign(request, { session: "good", root: "/etc" }), place) } },
      a: ["done", 0],
    },
    policy: {
      attack: {
        policy: {
          boundaries: ["prompt"],
          decide: (_, payload, context) => (Object.assign(payload, { text: "mine" }), Object.assign(context, { session: "good" }), undefined),
        },
      },
      a: ["done", 0],
    },
    routing: {
      attack: { routing: routes((request) => (Object.assign(request.view.session("a"), { text: "mine" }), Object.assign(request.view, { task: "mine" }), [])) },
      a: ["done", 0],
    },
    sink: { attack: { sink: writes((event) => Object.assign(event, { type: "mine" })) }, a: ["done", 0] },
  },
  "lies about capabilities": {
    driver: [
      // it says that it stops turns, and does not hear; it says of its conversation what are no capabilities
      { attack: { driver: says() }, a: ["cancelled", hour] },
      { attack: { driver: opens({ capabilities: "all" }) }, a: ["done", 0] },
      { attack: { driver: { ...saysOk, capabilities: { ...saysOk.capabilities, usage: "cumulative" } } }, a: ["done", 0] },
    ],
  },
  "closes badly": {
    sink: [
      { attack: { sink: { write: () => {}, close: () => never } }, a: ["done", 0] },
      { attack: { sink: { write: () => never, close: thrower } }, a: ["done", 0] },
    ],
  },
  "calls back after its end": {
    // told to stop, it answers after all
    routing: {
      attack: {
        routing: routes(({ signal }) => new Promise((answer) => signal.addEventListener("abort", () => answer([{ send: "b", prompt: "late" }])))),
      },
      a: ["done", 0],
      told: "takes longer than 60 s",
      not: ["b"],
    },
    driver: {
      attack: {
        driver: fakeDriver((frame: Frame, say) => {
          if (frame.type !== "prompt") return
          for (const event of [ended, ended, chunk, { ...ended, text: "late" }] as const) say(event)
        }),
      },
      a: ["done", 0],
    },
  },
}

const rows = Object.entries(table).flatMap(([behaviour, kinds]) =>
  Object.entries(kinds).flatMap(([kind, row]) => (Array.isArray(row) ? row : [row]).map((each: Row, at) => [kind, behaviour, at + 1, each] as const)),
)

describe("other sessions are untouched by", () => {
  it.each(rows)("a %s that %s (%i)", async (_kind, _behaviour, _at, { attack, session: changes, a: [end, after], told, not = [] }) => {
    const { events, problems } = await attacked(attack, changes)
    const begun = events[0]?.at ?? 0
    expect("polluted" in {}).toBe(false)
    for (const problem of problems) expect(problem.length).toBeLessThan(11_000)
    for (const id of ["good", "after"]) expect(endOf(events, id)).toMatchObject({ type: "session.done", text: "ok", at: begun })
    const own = endOf(events, "a")
    expect([own?.type, (own?.at ?? 0) - begun], JSON.stringify(own)).toEqual([`session.${end}`, after])
    for (const id of not) expect(events.some((event) => event.type === "turn.started" && event.session === id)).toBe(false)
    if (told !== undefined)
      expect(JSON.stringify([own, events.filter(({ type }) => type === "route.failed"), problems])).toContain(JSON.stringify(told).slice(1, -1))
    expect(events.at(-1)).toMatchObject({ type: "run.ended" })
    expect(events.filter(({ type }) => type === "run.ended")).toHaveLength(1)
    // what was done to the plugin's arguments is nowhere
    expect(JSON.stringify(events)).not.toMatch(/"mine"|"late"|"bypass"/)
  })
})
