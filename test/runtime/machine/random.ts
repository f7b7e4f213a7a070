/** Fleets, scripts and facts made up at random. */
import * as fc from "fast-check"
import type { Action, Ir, SessionEvent } from "#ir"
import type { Fact } from "../../../runtime/machine/index.ts"
import { expression, fleet, instances, join, literal, on, rule, send, session, single } from "./fleet.ts"
import { play, type Played, type Script, type Turn } from "./play.ts"

const ids = ["a", "b", "c", "d"] as const
const id = fc.constantFrom(...ids)
const some = fc.uniqueArray(id, { minLength: 1, maxLength: 3 })
const event = fc.constantFrom<SessionEvent>("done", "failed", "settled", "cancelled", "skipped", "started")

const actionOf = (kind: "complete" | "cancel" | "fail" | "gate" | "undo" | "select" | "after" | "use"): Action => {
  switch (kind) {
    case "complete":
      return { kind }
    case "cancel":
      return { kind, target: { kind: "others" } }
    case "fail":
      return { kind, reason: literal("no") }
    case "undo":
      return { kind, session: "a" }
    case "gate":
      return { kind, gate: "g", prompt: literal("?"), withinMs: 50 }
    case "select":
      return { kind, from: ["a", "b"] }
    case "after":
      return send(["c"], { afterMs: 20, max: { count: 2 } })
    case "use":
      return { kind, plugin: { use: "router", with: null } }
  }
}

const ruleOf = fc.oneof(
  fc
    .tuple(fc.constantFrom("all", "any", "race"), some, event, some)
    .map(([kind, from, what, to]) => rule(join(kind, ...from.map((one) => on(one, what))), send(to, { max: { count: 2 } }))),
  fc
    .tuple(some, event, some)
    .map(([from, what, to]) =>
      rule(
        { kind: "atLeast", count: Math.min(2, from.length), of: from.map((one, leaf) => ({ kind: "event", leaf, event: on(one, what) })) },
        send(to, { max: { count: 2 } }),
        { within: { ms: 30, otherwise: send(to, { max: { count: 1 } }) } },
      ),
    ),
  fc
    .tuple(id, event, fc.constantFrom("complete", "cancel", "fail", "gate", "undo", "select", "after", "use"))
    .map(([one, what, kind]) => rule(single(on(one, what)), actionOf(kind))),
  fc.tuple(id, fc.integer({ min: 0, max: 4 }), fc.option(fc.integer({ min: 1, max: 2 }), { nil: undefined })).map(([one, size, limit]) => {
    const list = expression(
      { op: "list", items: Array.from({ length: size }, (_, index) => ({ op: "literal", kind: "string", value: `${index}` })) },
      { kind: "list", item: { kind: "string" } },
    )
    return rule(single(on(one)), { kind: "for", variable: "t", list, ...(limit === undefined ? {} : { limit }), send: send(["w"], { max: { count: 2 } }) })
  }),
  fc.tuple(fc.constantFrom("all", "each"), event, some).map(([want, what, to]) => rule(instances(on("w", what), want), send(to, { max: { count: 2 } }))),
  fc.constant(rule(instances(on("w", "failed"), "each"), { kind: "retry", id: "again", session: "w", fresh: false, max: { count: 2 } })),
  fc.constant(rule(single({ source: "human" }), send(["b"], { max: { count: 1 } }))),
)

export const irs: fc.Arbitrary<Ir> = fc
  .record({
    rules: fc.array(ruleOf, { maxLength: 5 }),
    start: some,
    parallel: fc.integer({ min: 1, max: 3 }),
    retries: fc.integer({ min: 1, max: 2 }),
    usd: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
  })
  .map(({ rules, start, parallel, retries, usd }) =>
    fleet(
      [...ids, "w"].map((one) =>
        session(one, {
          retry: { attempts: retries, backoffMs: 5, factor: 2, jitter: true },
          timeoutMs: 60,
          instances: one === "w",
          ...(one === "a" ? { compensate: "d" } : {}),
          ...(one === "b" ? { budget: { usd: 3 } } : {}),
        }),
      ),
      start,
      rules,
      { limits: { parallel }, ...(usd === undefined ? {} : { budget: { usd } }) },
    ),
  )

const turn: fc.Arbitrary<Turn> = fc.oneof(
  fc.record({ after: fc.integer({ min: 1, max: 20 }) }),
  fc.record({
    after: fc.integer({ min: 1, max: 20 }),
    events: fc.array(
      fc.oneof(
        fc.record({ kind: fc.constant("cap.usage"), cost_usd_estimate: fc.integer({ min: 0, max: 2 }) }),
        fc.constant({ kind: "cap.error", code: "rate_limit", message: "429", retryable: true }),
      ),
      { maxLength: 2 },
    ),
  }),
  fc.constant<Turn>({ hang: true }),
  fc.constant<Turn>({ fail: { kind: "driver_error", message: "boom" } }),
)

/** People who do things now and then; what they pause they resume, and who is asked answers. */
const people = fc.array(
  fc
    .tuple(
      fc.integer({ min: 0, max: 80 }),
      fc.oneof(
        fc.constantFrom<(at: number) => Fact>(
          (at) => ({ type: "pause", at }),
          (at) => ({ type: "cancel", at, target: { kind: "fleet" }, reason: { code: "user" } }),
          (at) => ({ type: "run.recovered", at, resumable: [] }),
          (at) => ({ type: "select", at, session: "a", by: "me" }),
        ),
        fc.tuple(id, fc.constantFrom("send", "interrupt", "break", "session", "turn")).map(
          ([one, what]) =>
            (at: number): Fact =>
              what === "break"
                ? { type: "breakpoint", at, action: "set", session: one }
                : what === "session" || what === "turn"
                  ? { type: "cancel", at, target: { kind: what, session: one }, reason: { code: "user" } }
                  : { type: "user.sent", at, session: one, text: "hey", interrupt: what === "interrupt" },
        ),
      ),
    )
    .map(([at, fact]) => ({ at, fact })),
  { maxLength: 4 },
)
const lastWords: NonNullable<Script["facts"]> = [150, 400, 800]
  .flatMap((at) => [
    { at, fact: (now: number): Fact => ({ type: "resume", at: now }) },
    ...["q1", "q2", "q3", "q4", "q5", "q6"].flatMap((request) =>
      ["approve", "a"].map((value) => ({ at, fact: (now: number): Fact => ({ type: "reply", at: now, request, value, by: "me" }) })),
    ),
  ])
  .concat({ at: 3000, fact: (at: number): Fact => ({ type: "cancel", at, target: { kind: "fleet" }, reason: { code: "late" } }) })

/** Ends whatever happens: what was paused is resumed, who asks is answered, and at the last somebody cancels the fleet. */
export const playOut = (ir: Ir, script: Script): Played => play(ir, { ...script, facts: [...(script.facts ?? []), ...lastWords] })

export const scripts: fc.Arbitrary<Script> = fc.record({
  sessions: fc.dictionary(fc.constantFrom(...ids, "w", "w[0]"), fc.array(turn, { maxLength: 4 })),
  facts: people,
  driver: fc.constantFrom({}, {}, { deaf: true }, { cancelsTurns: false }, { takesMessages: false }),
  routed: fc.record({ after: fc.nat(30), actions: fc.constantFrom([{ to: "d" }], [{ to: "nobody" }], [{ complete: true }], []) }),
})

const at = fc.integer({ min: 0, max: 500 })
const numbers = fc.integer({ min: 1, max: 3 })
/** In any order, about anything, most of them nonsense. */
export const facts: fc.Arbitrary<Fact> = fc.oneof(
  fc.record({ type: fc.constant("session.opened" as const), at, session: id }),
  fc.record({ type: fc.constant("session.refused" as const), at, session: id, error: fc.constant({ kind: "driver_error" as const, message: "no" }) }),
  fc.record({ type: fc.constant("session.closed" as const), at, session: id }),
  fc.record({
    type: fc.constant("agent.said" as const),
    at,
    session: id,
    turn: numbers,
    attempt: numbers,
    event: fc.constantFrom(
      { kind: "cap.permission.request", req_id: "x", risk_level: "high" },
      { kind: "cap.usage", cost_usd_estimate: 1 },
      { kind: "cap.text_chunk", text: "t" },
    ),
  }),
  fc.record({
    type: fc.constant("turn.ended" as const),
    at,
    session: id,
    turn: numbers,
    attempt: numbers,
    end: fc.constantFrom(
      { stop: "end_turn" as const },
      { stop: "max_tokens" as const },
      { stop: "cancelled" as const },
      { error: { kind: "agent_exited" as const, message: "" } },
    ),
  }),
  fc.record({ type: fc.constant("workspace.clashed" as const), at, session: id, other: id, files: fc.array(fc.constantFrom("x", "y")), refused: fc.boolean() }),
  fc.record({ type: fc.constant("timer.fired" as const), at, timer: fc.integer({ min: 1, max: 8 }).map((number) => `t${number}`) }),
  fc.record({
    type: fc.constant("reply" as const),
    at,
    request: numbers.map((number) => `q${number}`),
    value: fc.constantFrom("approve", "reject", "deny"),
    by: fc.constant("me"),
  }),
  fc.record({ type: fc.constant("user.sent" as const), at, session: id, text: fc.constant("hey") }),
  fc.record({
    type: fc.constant("cancel" as const),
    at,
    target: fc.oneof(fc.constant({ kind: "fleet" as const }), fc.record({ kind: fc.constantFrom("session" as const, "turn" as const), session: id })),
    reason: fc.constant({ code: "user" }),
  }),
  fc.record({ type: fc.constant("pause" as const), at }),
  fc.record({ type: fc.constant("resume" as const), at }),
  fc.record({ type: fc.constant("select" as const), at, session: id, by: fc.constant("me") }),
  fc.record({
    type: fc.constant("breakpoint" as const),
    at,
    action: fc.constantFrom("set" as const, "clear" as const),
    session: fc.constantFrom(...ids, "w", "w[0]", "nobody"),
  }),
  fc.record({ type: fc.constant("user.sent" as const), at, session: id, text: fc.constant("no"), interrupt: fc.constant(true) }),
  fc.record({
    type: fc.constant("plugin.routed" as const),
    at,
    request: numbers.map((number) => `q${number}`),
    answer: fc.constant({ actions: [{ to: "b" }] }),
  }),
  fc.record({ type: fc.constant("session.handle" as const), at, session: id, resume: fc.constant("talk") }),
  fc.record({ type: fc.constant("run.recovered" as const), at, resumable: fc.constant(["a"]) }),
  fc.record({ type: fc.constant("run.begun" as const), at, run: fc.constant("again"), inputs: fc.constant({}) }),
)
export const begun: Fact = { type: "run.begun", at: 0, run: "run", inputs: {} }
