/** Fleets made up at random, as text: what the compiler takes, the engine must run. Every send is bounded, so that every run ends. */
import * as fc from "fast-check"
import { stringify } from "yaml"
import type { Json } from "#ir"

export const ids = ["a", "b", "c", "d"] as const
const id = fc.constantFrom(...ids)
const some = fc.uniqueArray(id, { minLength: 1, maxLength: 2 })
const two = fc.uniqueArray(id, { minLength: 2, maxLength: 3 })
const event = fc.constantFrom("done", "done", "done", "failed", "settled", "started", "cancelled", "skipped")
const max = fc.integer({ min: 1, max: 2 })
const list = (names: ReadonlyArray<string>): string => (names.length === 1 ? `${names[0]}` : `[${names.join(", ")}]`)

const send = fc
  .tuple(
    some,
    max,
    fc.constantFrom("", "", ' with "go on"', " after 20ms", " fresh", " priority 2"),
    fc.constantFrom("", "", ' then fail "enough"', " then complete"),
  )
  .map(([to, most, how, then]) => `${list(to)}${how} max ${most}${then}`)
const action = fc.oneof(
  { weight: 8, arbitrary: send },
  id.map((one) => `retry ${one} after 10ms max 2`),
  id.map((one) => `cancel ${one}`),
  fc.constantFrom("cancel others", "complete", 'fail "no"', 'pause "wait"', 'notify "well"', "undo a", "select from [a, b]", "cancel fleet"),
)

/** Events of different sessions: a join that waits for one of them twice has no use. */
const events = two.chain((of) => fc.tuple(...of.map((one) => event.map((what) => `${one}.${what}`))))
const join = fc.oneof(
  fc.tuple(fc.constantFrom("all", "all", "any", "race", "2 of "), events).map(([kind, of]) => `${kind}(${of.join(", ")})`),
  fc.tuple(events, id).map(([[first = "", ...rest], one]) => `all(${first}, any(${[...rest, `${one}.failed`].join(", ")}))`),
)
const within = fc.oneof(
  { weight: 3, arbitrary: fc.constant("") },
  fc.tuple(id, max).map(([to, most]) => ` within 30ms otherwise -> ${to} max ${most}`),
)

/** Lines that make sense together only. */
const part: fc.Arbitrary<ReadonlyArray<string>> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(id, event, action).map(([one, what, act]) => [`on ${one}.${what} -> ${act}`]) },
  { weight: 4, arbitrary: fc.tuple(join, within, send).map(([trigger, late, act]) => [`on ${trigger}${late} -> ${act}`]) },
  {
    weight: 2,
    arbitrary: fc.tuple(id, action, action).map(([one, yes, no]) => [`on ${one}.done {`, `  when ${one}.output.ok -> ${yes}`, `  otherwise -> ${no}`, "}"]),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        id,
        fc.constantFrom("", " limit 1", " limit 2"),
        fc.constantFrom("all(w.done)", "any(w.done)", "all(w.settled)", "each(w.done)", "2 of (w.done)"),
        send,
        fc.boolean(),
      )
      .map(([one, limit, trigger, act, again]) => [
        `on ${one}.done -> for t in ${one}.output.tasks -> w with "do \${t}" max 2${limit}`,
        `on ${trigger} -> ${act}`,
        ...(again ? ["on each(w.failed) -> retry w max 2"] : []),
      ]),
  },
  fc
    .tuple(id, fc.constantFrom("", " within 40ms"), send, send)
    .map(([one, late, yes, no]) => [
      `on ${one}.done -> gate g "go on?"${late}`,
      `on g.approved -> ${yes}`,
      `on g.rejected${late === "" ? "" : ", g.expired"} -> ${no}`,
    ]),
  fc.tuple(id, send).map(([one, act]) => [`on ${one}.done -> select from [a, b]`, `on human.selected -> ${act}`]),
  fc.tuple(id, send).map(([one, act]) => [`on ${one}.idle(15ms) -> ${act}`]),
  fc.tuple(id, send).map(([one, act]) => [`on ${one}.asked -> ${act}`]),
  id.map((one) => [`on ${one}.done -> use llm`]),
  send.map((act) => [`on budget.reached(50%) -> ${act}`]),
  send.map((act) => [`on a.compensated -> ${act}`]),
)

/** There in one of so many. */
export const maybe = <A>(arbitrary: fc.Arbitrary<A>, oneIn = 2): fc.Arbitrary<A | undefined> =>
  fc.oneof({ withCrossShrink: true }, { weight: oneIn - 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })

const session = fc.record({
  retry: maybe(
    fc.record({ attempts: fc.integer({ min: 2, max: 3 }), backoff: fc.constantFrom("5ms", "50ms"), factor: fc.constantFrom(1, 2), jitter: fc.boolean() }),
  ),
  effect: fc.constantFrom("pure", "idempotent", "external"),
  context: fc.constantFrom("keep", "fresh"),
  timeout: fc.constantFrom("60ms", "2s"),
  permissions: fc.constantFrom("ask", "allow", "deny"),
  budget: maybe(fc.constantFrom({ usd: 2 }, { usd: 5 }), 4),
  priority: maybe(fc.integer({ min: 0, max: 2 }), 4),
  from: maybe(fc.constantFrom("base", "trigger"), 4),
})

/** Without what is absent, which YAML would write as null. */
const bare = (value: unknown): Json => JSON.parse(JSON.stringify(value))

export interface Fleet {
  readonly sessions: { readonly [id: string]: Json }
  readonly start: ReadonlyArray<string>
  readonly parts: ReadonlyArray<ReadonlyArray<string>>
  readonly parallel: number
  readonly usd?: number | undefined
  readonly undone: boolean
  readonly policies?: ReadonlyArray<string> | undefined
  readonly mode?: string | undefined
}

export const fleets: fc.Arbitrary<Fleet> = fc.record({
  sessions: fc
    .record({ a: session, b: session, c: session, d: session, w: session })
    .map((all) => Object.fromEntries(Object.entries(all).map(([name, one]) => [name, bare(one)]))),
  start: some,
  parts: fc.array(part, { minLength: 1, maxLength: 6 }),
  parallel: fc.integer({ min: 1, max: 4 }),
  usd: maybe(fc.integer({ min: 2, max: 8 }), 4),
  undone: fc.boolean(),
  policies: maybe(fc.subarray(["baseline", "read-only", "secrets"]), 4),
  mode: maybe(fc.constantFrom("hybrid", "llm"), 9),
})

/** The fleet file. Of parts that fan out, ask at the gate or let somebody select only the first is taken: a name stands for one thing. */
export const textOf = ({ sessions, start, parts, parallel, usd, undone, policies, mode }: Fleet): string => {
  const seen = new Set<string>()
  const lines = parts
    .filter((one) => {
      const what = ["-> w with", "gate g", "human.selected"].find((mark) => one.some((line) => line.includes(mark)))
      if (what === undefined) return true
      return !seen.has(what) && seen.add(what) !== undefined
    })
    .flat()
  const declared = Object.entries(sessions).map(([id, one]) => [
    id,
    { ...(one as object), ...(id === "w" ? {} : { output: { ok: "boolean", tasks: ["string"] } }), ...(id === "a" && undone ? { compensate: "d" } : {}) },
  ])
  return stringify({
    fleet: {
      name: "simulated",
      task: "do it",
      workspace: "none",
      permissions: "allow",
      limits: { parallel },
      ...(policies === undefined ? {} : { policies }),
      ...(mode === undefined ? {} : { mode }),
      ...(usd === undefined ? {} : { budget: { usd } }),
      defaults: { driver: "claude" },
      sessions: Object.fromEntries(declared),
      start,
      routes: `${lines.join("\n")}\n`,
    },
  })
}
