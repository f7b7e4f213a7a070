/** What agents say, people do and goes wrong in a simulated run, made up at random. */
import * as fc from "fast-check"
import type { Json } from "#ir"
import { fleets, ids, maybe, type Fleet } from "./fleets.ts"

export interface Case {
  readonly fleet: Fleet
  readonly sessions: { readonly [id: string]: ReadonlyArray<Json> | undefined }
  readonly replies: ReadonlyArray<Json>
  readonly commands: ReadonlyArray<Json>
  readonly faults: { readonly [kind: string]: Json | undefined }
  /** A subscriber that holds so many events and takes one in so many milliseconds. */
  readonly reader: { readonly buffer: number; readonly ms: number }
}

const one = fc.constantFrom(...ids, "w[0]", "w[1]")
const id = fc.constantFrom(...ids)
const tasks = fc.array(fc.constantFrom("x", "y"), { maxLength: 3 })
const ms = fc.oneof(fc.integer({ min: 0, max: 60 }), { weight: 2, arbitrary: fc.integer({ min: 0, max: 9 }) })

const good = fc.record({ after: ms, output: fc.record({ ok: fc.boolean(), tasks }) })
const turn: fc.Arbitrary<Json> = fc.oneof(
  { weight: 6, arbitrary: good },
  { weight: 2, arbitrary: fc.tuple(good, fc.integer({ min: 1, max: 2 })).map(([said, cost_usd]) => ({ ...said, cost_usd })) },
  fc.tuple(good, fc.integer({ min: 0, max: 2 })).map(([said, usd]) => ({
    ...said,
    events: [
      { kind: "cap.usage", cost_usd_estimate: usd },
      { kind: "cap.thought", text: "hm" },
    ],
  })),
  good.map((said) => ({ ...said, events: [{ kind: "cap.error", code: "rate_limit", retryable: true }] })),
  fc.tuple(good, fc.constantFrom("low", "medium", "high")).map(([said, risk]) => ({ ...said, permission: { tool: "Bash", risk } })),
  good.map((said) => ({ ...said, question: "which one?" })),
  fc.tuple(ms, fc.constantFrom("driver_error", "rate_limit", "auth_error", "max_tokens")).map(([after, kind]) => ({ after, fail: { kind } })),
  ms.map((after) => ({ after, exit: true })),
  fc.constantFrom<Json>(
    { hang: true },
    { text: "no output" },
    { stop: "max_tokens" },
    { stop: "cancelled" },
    { output: { ok: "perhaps" } },
    { permission: "Bash", exit: true },
  ),
)

const turns = fc.array(turn, { minLength: 1, maxLength: 4, size: "max" })

const reply = fc
  .tuple(
    ms,
    fc.constantFrom<Json>(
      { when: { kind: "permission" }, reply: "allow_once" },
      { when: { kind: "permission" }, reply: "deny" },
      { when: { kind: "question" }, reply: "the first" },
      { when: { kind: "gate" }, reply: "approve" },
      { when: { kind: "gate" }, reply: "reject" },
      { when: { kind: "selection" }, reply: "a" },
      { when: { kind: "breakpoint" }, reply: "cancel" },
      { when: { kind: "selection" }, reply: "nobody" },
    ),
  )
  .map(([after, what]) => ({ ...(what as object), after }) as Json)

const command = fc
  .tuple(
    ms,
    fc.oneof(
      fc.constant<Json>({ pause: "hold on" }),
      fc.constantFrom<Json>({ pause: "hold on" }, { resume: true }, { cancel: "fleet" }, { select: "a" }, { select: "b" }),
      one.map((id): Json => ({ cancel: { session: id } })),
      one.map((id): Json => ({ cancel: { turn: id } })),
      fc.tuple(id, fc.boolean()).map(([session, interrupt]): Json => ({ send: { session, text: "and this", interrupt } })),
      fc.tuple(fc.constantFrom("set", "set", "clear"), id).map(([what, id]): Json => ({ breakpoint: { [what]: id } })),
      fc
        .tuple(fc.integer({ min: 1, max: 4 }), fc.constantFrom("approve", "allow_once", "a", "expire"))
        .map(([request, value]): Json => ({ reply: { request: `q${request}`, value } })),
    ),
    fc.option(
      fc
        .tuple(fc.constantFrom("turn.started", "session.done", "request.opened", "session.retrying", "session.compensating"), one)
        .map(([type, session]) => ({ type, session })),
      { nil: undefined },
    ),
  )
  .map(([at, what, after]) => ({ at, ...(after === undefined ? {} : { after }), ...(what as object) }) as Json)

const end = fc.record({
  append: fc.integer({ min: 1, max: 25 }),
  how: fc.constantFrom("killed", "written", "refused"),
  down: fc.constantFrom("0ms", "10ms", "5s"),
})
const driver = fc.record({
  session: one,
  opening: fc.integer({ min: 1, max: 2 }),
  fault: fc.constantFrom("refuses", "dies", "breaks", "garbage", "silent", "deaf", "stays"),
  after: fc.integer({ min: 0, max: 4 }),
})
const workspace = fc.record({ session: one, call: fc.constantFrom("acquire", "snapshot", "release"), time: fc.integer({ min: 1, max: 2 }) })
const clock = fc.record({ at: ms, by: fc.constantFrom(-3_600_000, -20, 20, 3_600_000) })

const router = fc.record(
  {
    time: fc.integer({ min: 1, max: 3 }),
    fault: fc.constantFrom("answers", "answers", "throws", "hangs"),
    answer: fc.constantFrom<Json>(
      [{ send: "b" }],
      [{ send: ["c", "d"], prompt: "go on" }],
      [{ select: ["a", "b"] }],
      [{ complete: true }],
      [{ fail: "no" }],
      [{ send: "nobody" }],
      [{ send: "b" }, { what: 1 }],
      { send: "b" },
      "send it to b",
    ),
  },
  { requiredKeys: ["time", "fault"] },
)
const policy = fc.record({ time: fc.integer({ min: 1, max: 12 }), fault: fc.constantFrom("throws", "hangs", "garbage") })
const sink = fc.record({ fault: fc.constantFrom("throws", "hangs", "slow"), time: fc.integer({ min: 1, max: 20 }) })

const few = <A>(of: fc.Arbitrary<A>, maxLength: number): fc.Arbitrary<ReadonlyArray<A>> => fc.array(of, { maxLength, size: "max" })

/** Without the bias to what is small: each case is the first of its seed, and that one would always be. */
export const cases: fc.Arbitrary<Case> = fc.noBias(
  fc.record({
    fleet: fleets,
    sessions: fc.record({ a: turns, b: turns, c: turns, d: turns, w: turns, "w[0]": turns }, { requiredKeys: [] }),
    replies: few(reply, 3),
    commands: few(command, 3),
    faults: fc.record({
      seed: maybe(fc.integer({ min: 1, max: 1_000_000 })),
      ends: few(end, 2),
      drivers: few(driver, 1),
      workspaces: few(workspace, 1),
      clock: few(clock, 1),
      routers: few(router, 3),
      policies: few(policy, 1),
      sinks: few(sink, 1),
      snapshots: maybe(fc.integer({ min: 1, max: 6 })),
      journal: maybe(fc.constant("file"), 8),
    }),
    reader: fc.record({ buffer: fc.integer({ min: 1, max: 8 }), ms: fc.constantFrom(0, 1, 30) }),
  }),
)

/** Whoever asks is answered in the end, what is paused goes on, and at the last somebody gives up: every run ends. */
const lastReplies: ReadonlyArray<Json> = [
  ["permission", "allow_once"],
  ["question", "as you like"],
  ["gate", "approve"],
  ["selection", "a"],
  ["breakpoint", "continue"],
].map(([kind = "", answer = ""]) => ({ when: { kind }, after: "200ms", reply: answer }))
const lastCommands: ReadonlyArray<Json> = [...["500ms", "1s", "6s", "12s"].map((at) => ({ at, resume: true })), { at: "100s", cancel: { reason: "late" } }]

const full: Json = { after: 3, output: { ok: true, tasks: ["x", "y"] } }

/** The script, as `fleetwright simulate --script` takes it. Every session has an output to the end, or its runs would all end alike. */
export const scriptOf = ({ sessions, replies, commands, faults }: Case): Json => {
  const turns = Object.fromEntries([...ids].map((id) => [id, [...(sessions[id] ?? []), ...Array.from({ length: 8 }, () => full)]]))
  const given = Object.fromEntries(Object.entries(faults).filter(([, value]) => value !== undefined && (!Array.isArray(value) || value.length > 0)))
  return JSON.parse(
    JSON.stringify({ sessions: { ...sessions, ...turns }, replies: [...replies, ...lastReplies], commands: [...commands, ...lastCommands], faults: given }),
  )
}
