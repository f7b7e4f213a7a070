/** Small fleets made up at random. Every send is bounded, so that every way to play them ends. */
import * as fc from "fast-check"
import type { Action, Case, EventPattern, Expr, Ir, Join } from "#ir"
import { all, any, atLeast, boolean, event, fleet, is, oneOf, race, send, upTo, when, type RuleShape } from "./soundness-net.ts"

/** A fleet that a failing property prints as rules. */
const shown = (ir: Ir): Ir =>
  Object.defineProperty(ir, fc.toStringMethod, {
    enumerable: false,
    value: () =>
      `start ${ir.start.join()}\n${ir.rules.map(({ id, join, cases }) => `${id} ${print(join)} ${cases.map(({ guard, action }) => `${guard === undefined ? "" : `when ${print(guard.expr)} `}-> ${print(action)}`).join(" | ")}`).join("\n")}\n`,
  })

const print = (part: Join | Action | Expr): string => {
  if ("op" in part)
    return part.op === "binary"
      ? `${print(part.left)} ${part.operator} ${print(part.right)}`
      : part.op === "member"
        ? `${print(part.object)}${part.safe ? "?" : ""}.${part.field}`
        : part.op === "session"
          ? part.session
          : part.op === "literal"
            ? String(part.value)
            : part.op === "not"
              ? `not ${print(part.operand)}`
              : part.op === "list"
                ? `${part.items.length} items`
                : part.op
  if (part.kind === "instances")
    return `${part.want.kind}${part.want.kind === "atLeast" ? ` ${part.want.count}` : ""}(${part.event.source === "session" ? part.event.session : ""})`
  if (part.kind === "for") return `for ${print(part.list.expr)} -> ${print(part.send)}${part.limit === undefined ? "" : ` limit ${part.limit}`}`
  if (part.kind === "select") return `select from ${part.from.join()}`
  if (part.kind === "event")
    return part.event.source === "session"
      ? `${part.event.session}.${part.event.event}`
      : part.event.source === "gate"
        ? `${part.event.gate}.${part.event.event}`
        : part.event.source
  if (part.kind === "send")
    return `[${part.to.join()}]${part.bySubtask ? " by subtask" : ""}${part.max === undefined ? "" : ` max ${part.max.count}`}${part.max?.then === undefined ? "" : ` then ${print(part.max.then)}`}`
  if (part.kind === "undo") return `undo ${part.session}`
  if (part.kind === "gate") return `gate ${part.gate}`
  if (part.kind === "sequence") return `{ ${part.actions.map(print).join("; ")} }`
  if (part.kind === "cancel") return `cancel ${part.target.kind === "session" ? part.target.session : part.target.kind}`
  return "of" in part ? `${part.kind === "atLeast" ? `${part.count} of ` : part.kind}(${part.of.map(print).join(", ")})` : part.kind
}

const names = ["a", "b", "c", "d", "e"] as const
const name = fc.constantFrom(...names)
const word = fc.tuple(name, fc.constantFrom("done", "done", "done", "settled", "started", "failed")).map(([session, what]) => event(`${session}.${what}`))
const leaves = (from: number) => fc.uniqueArray(word, { minLength: from, maxLength: 3, selector: (each) => (each.source === "session" ? each.session : "") })
const shape: fc.Arbitrary<RuleShape[0]> = fc.oneof(
  { weight: 4, arbitrary: word },
  { weight: 3, arbitrary: leaves(2).map((of) => all(...of)) },
  leaves(2).map((of) => any(...of)),
  leaves(2).map((of) => race(...of)),
  leaves(2).map((of) => atLeast(2, ...of)),
)
const target = fc.uniqueArray(name, { minLength: 1, maxLength: 2 })
const bounded = target.map((to) => upTo(1, send(...to)))
const action = fc.oneof({ weight: 6, arbitrary: bounded }, fc.constant({ kind: "complete" } as const))
/** Of what may not be there. */
const guard = fc.oneof(
  name.map((session) => is(session, "ok", undefined, true)),
  fc.tuple(name, fc.constantFrom("x", "y")).map(([session, value]) => is(session, "way", value, true)),
)
const rule: fc.Arbitrary<RuleShape> = fc.oneof(
  { weight: 2, arbitrary: fc.tuple(shape, action) },
  fc.tuple(shape, guard, action).map(([join, asked, act]): RuleShape => [join, [when(asked, act)]]),
  fc.tuple(shape, guard, action, action).map(([join, asked, yes, no]): RuleShape => [join, [when(asked, yes), { action: no }]]),
)

/** What every session puts out. */
export const output = { ok: boolean, way: oneOf("x", "y") }

export const anyFleet = fc
  .tuple(fc.uniqueArray(name, { minLength: 1, maxLength: 2 }), fc.array(rule, { minLength: 1, maxLength: 5 }))
  .map(([start, rules]) => shown(fleet({ a: output, b: output, c: output, d: output, e: output }, start, rules)))

/** Chains and diamonds without counters, where the shape alone decides: each session is started by earlier ones only. */
export const layeredFleet = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 9 }), fc.boolean(), fc.boolean()), { minLength: 1, maxLength: 6 })
  .map((picks) => {
    const ids = ["s0", "s1", ...picks.map((_, i) => `s${i + 2}`)]
    const rules = picks.map(([left, right, joined, asked], i): RuleShape => {
      const [one, two] = [`s${left % (i + 2)}`, `s${right % (i + 2)}`]
      const act = send(`s${i + 2}`)
      return [joined && one !== two ? all(`${one}.done`, `${two}.done`) : `${one}.done`, asked ? [when(is(one, "ok"), act)] : act]
    })
    return shown(fleet(Object.fromEntries(ids.map((id) => [id, output])), ["s0", "s1"], rules))
  })

/** As `layeredFleet`, with rules here and there that end the run before its time. */
export const endingFleet = fc
  .array(fc.tuple(fc.nat(9), fc.nat(9), fc.boolean(), fc.constantFrom("done", "done", "started"), fc.constantFrom("send", "send", "complete", "perhaps")), {
    minLength: 2,
    maxLength: 7,
  })
  .map((picks) => {
    const ids = ["s0"]
    const rules = picks.map(([left, right, joined, what, act]): RuleShape => {
      const one = `s${left % ids.length}`
      const two = `s${right % ids.length}`
      const join = joined && one !== two ? all(`${one}.${what}`, `${two}.done`) : `${one}.${what}`
      if (act === "complete") return [join, { kind: "complete" }]
      if (act === "perhaps") return [all(...new Set([`${one}.done`, `${two}.done`])), [when(is(one, "ok"), { kind: "complete" })]]
      const target = `s${ids.length}`
      ids.push(target)
      return [join, send(target)]
    })
    return shown(fleet(Object.fromEntries(ids.map((id) => [id, output])), ["s0"], rules))
  })

/** Loops side by side that are joined, some of which end the run, or are ended by what others do. */
export const joinedFleet = fc
  .tuple(
    fc.array(fc.record({ else: fc.constantFrom("again", "again or over", "over", "on", "nothing"), most: fc.integer({ min: 1, max: 2 }) }), {
      minLength: 2,
      maxLength: 3,
    }),
    fc.array(fc.tuple(fc.constantFrom("w", "r", "d"), fc.constantFrom("done", "done", "started"), fc.nat(2), fc.nat(2), fc.boolean(), fc.boolean()), {
      maxLength: 2,
    }),
    fc.boolean(),
  )
  .map(([loops, enders, first]) => {
    const over: Action = { kind: "complete" }
    const ids = loops.flatMap((_, i) => [`w${i}`, `r${i}`, `d${i}`])
    const rules = loops.flatMap(({ else: otherwise, most }, i): ReadonlyArray<RuleShape> => {
      const ways: { readonly [way: string]: ReadonlyArray<Case> } = {
        again: [{ action: upTo(most, send(`w${i}`), send(`d${i}`)) }],
        "again or over": [{ action: upTo(most, send(`w${i}`), over) }],
        over: [{ action: over }],
        on: [{ action: send(`d${i}`) }],
        nothing: [],
      }
      return [
        [`w${i}.done`, send(`r${i}`)],
        [`r${i}.done`, [when(is(`r${i}`, "ok"), send(`d${i}`)), ...(ways[otherwise] ?? [])]],
      ]
    })
    const ending = enders.map(([what, event, one, two, both, asked]): RuleShape => {
      const [left, right] = [one % loops.length, two % loops.length]
      const join = both && left !== right ? all(`${what}${left}.${event}`, `${what}${right}.done`) : `${what}${left}.${event}`
      return [join, asked ? [when(is("a", "ok"), over)] : over]
    })
    const joined: RuleShape = [all(...loops.map((_, i) => `d${i}.done`)), send("z")]
    return shown(
      fleet(
        Object.fromEntries(["a", ...ids, "z"].map((id) => [id, { ok: boolean }])),
        ["a"],
        [["a.done", send(...loops.map((_, i) => `w${i}`))], ...(first ? ending : []), ...rules, joined, ...(first ? [] : ending)],
      ),
    )
  })

/** Sessions that hand the work around, now and then by two rules or in a counter's other way. */
export const relayFleet = fc
  .tuple(fc.uniqueArray(name, { minLength: 1, maxLength: 5 }), fc.array(fc.tuple(name, guard, name, name, fc.integer({ min: 0, max: 5 })), { maxLength: 3 }))
  .map(([order, more]) => {
    const along = order.slice(1).map((to, i): RuleShape => [`${order[i]}.done`, upTo(2, send(to))])
    const around = more.map(([from, asked, yes, no, way]): RuleShape => [
      `${from}.done`,
      [
        when(asked, way === 0 ? upTo(1, send(yes), upTo(2, send(no))) : upTo(1, send(yes))),
        ...(way < 3 ? [{ action: way === 1 ? upTo(1, send(no)) : ({ kind: "complete" } as const) }] : []),
      ],
    ])
    return shown(fleet({ a: output, b: output, c: output, d: output, e: output }, [order[0] ?? "a"], [...along, ...around]))
  })

/** Teams of three, one after the other: what one of them does in the end starts the next, which may be told of what the first of all said. */
export const teamsFleet = fc
  .array(
    fc.record({
      rules: fc.array(
        fc.record({
          join: fc.constantFrom<(of: (name: string) => string) => RuleShape[0]>(
            (of) => `${of("a")}.done`,
            (of) => `${of("b")}.done`,
            (of) => all(`${of("a")}.done`, `${of("b")}.done`),
            (of) => all(`${of("b")}.done`, `${of("c")}.done`),
            (of) => any(`${of("b")}.done`, `${of("c")}.done`),
            (of) => race(`${of("b")}.done`, `${of("c")}.done`),
            (of) => any(`${of("b")}.failed`, `${of("c")}.done`),
            (of) => `${of("c")}.settled`,
          ),
          to: fc.uniqueArray(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 2 }),
          most: fc.integer({ min: 1, max: 2 }),
        }),
        { minLength: 1, maxLength: 2 },
      ),
      exit: fc.constantFrom("a", "b", "c"),
      wide: fc.boolean(),
      asked: fc.constantFrom("none", "own", "first"),
      back: fc.constantFrom("none", "team", "end"),
    }),
    { minLength: 2, maxLength: 3 },
  )
  .map((parts) => {
    const ids = parts.flatMap((_, i) => ["a", "b", "c"].map((each) => `${each}${i}`))
    const rules = parts.flatMap(({ rules: inner, exit, wide, asked, back }, i): ReadonlyArray<RuleShape> => {
      const within = inner.map(({ join, to, most }): RuleShape => [join((each) => `${each}${i}`), upTo(most, send(...to.map((each) => `${each}${i}`)))])
      const next = i + 1 === parts.length ? send("z") : wide ? send(`b${i + 1}`, `c${i + 1}`) : send(`a${i + 1}`)
      const otherwise: Action = back === "end" ? { kind: "complete" } : upTo(1, send(`b${i}`, `c${i}`))
      const cases = [when(is(asked === "first" ? "a0" : `${exit}${i}`, "ok"), next), ...(back === "none" ? [] : [{ action: otherwise }])]
      const leaves: RuleShape = [`a${i}.done`, send(`b${i}`, `c${i}`)]
      return [...(wide && i > 0 ? [] : [leaves]), ...within, [`${exit}${i}.done`, asked === "none" ? next : cases]]
    })
    return shown(fleet(Object.fromEntries([...ids, "z"].map((id) => [id, output])), ["a0"], rules))
  })

const guardOn = (session: string) =>
  fc.oneof(
    fc.constant(is(session, "ok")),
    fc.constantFrom("x", "y").map((value) => is(session, "way", value)),
  )
const joinWith = (session: string) =>
  fc.uniqueArray(name, { maxLength: 2 }).map((others): RuleShape[0] => {
    const rest = others.filter((each) => each !== session).map((each) => `${each}.done`)
    return rest.length === 0 ? `${session}.done` : all(`${session}.done`, ...rest)
  })
/** As `anyFleet`, but guards only read outputs that are certainly there, as in a fleet that compiles. */
const certainRule: fc.Arbitrary<RuleShape> = fc.oneof(
  { weight: 2, arbitrary: fc.tuple(shape, action) },
  name.chain((session) => fc.tuple(joinWith(session), guardOn(session), action).map(([join, asked, act]): RuleShape => [join, [when(asked, act)]])),
  name.chain((session) =>
    fc.tuple(joinWith(session), guardOn(session), action, action).map(([join, asked, yes, no]): RuleShape => [join, [when(asked, yes), { action: no }]]),
  ),
)
export const certainFleet = fc
  .tuple(fc.uniqueArray(name, { minLength: 1, maxLength: 3 }), fc.array(certainRule, { minLength: 1, maxLength: 6 }))
  .map(([start, rules]) => shown(fleet({ a: output, b: output, c: output, d: output, e: output }, start, rules)))

const anyWord = fc
  .tuple(name, fc.constantFrom("done", "done", "settled", "failed", "cancelled", "skipped"))
  .map(([session, what]) => event(`${session}.${what}`))
const anyLeaves = fc.uniqueArray(anyWord, { minLength: 2, maxLength: 3, selector: (each) => (each.source === "session" ? each.session : "") })
const anyShape: fc.Arbitrary<RuleShape[0]> = fc.oneof(
  { weight: 4, arbitrary: anyWord },
  { weight: 4, arbitrary: anyLeaves.map((of) => all(...of)) },
  anyLeaves.map((of) => any(...of)),
  anyLeaves.map((of) => race(...of)),
  anyLeaves.map((of) => atLeast(2, ...of)),
)
const cancels: fc.Arbitrary<Action> = fc.oneof(
  { weight: 3, arbitrary: name.map((session): Action => ({ kind: "cancel", target: { kind: "session", session } })) },
  fc.constant<Action>({ kind: "cancel", target: { kind: "others" } }),
)
const cancelAction: fc.Arbitrary<Action> = fc.oneof(
  { weight: 5, arbitrary: bounded },
  cancels,
  // what a rule cancels and sends to again is told as fired before it is told as cancelled
  fc
    .tuple(cancels, bounded)
    .filter(([first, { to }]) => !(first.kind === "cancel" && first.target.kind === "session" && to.includes(first.target.session)))
    .map(([first, second]): Action => ({ kind: "sequence", actions: [first, second] })),
)
/** A rule without a guard, or, one time in four, with one on a session of its join. */
const mostlyUnguarded = (shape: fc.Arbitrary<RuleShape[0]>, action: fc.Arbitrary<Action>): fc.Arbitrary<RuleShape> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.tuple(shape, action) },
    name.chain((session) => fc.tuple(joinWith(session), guardOn(session), action).map(([join, asked, act]): RuleShape => [join, [when(asked, act)]])),
  )
/** Fleets that cancel, and that hear what was cancelled or skipped. */
export const cancellingFleet = fc
  .tuple(fc.uniqueArray(name, { minLength: 1, maxLength: 3 }), fc.array(mostlyUnguarded(anyShape, cancelAction), { minLength: 1, maxLength: 6 }))
  .map(([start, rules]) => shown(fleet({ a: output, b: output, c: output, d: output, e: output }, start, rules)))

/** `a` is undone by `d`, `b` by `e`, which may be asked for something else as well. */
const compensates = (ir: Ir): Ir =>
  shown({ ...ir, sessions: ir.sessions.map((each) => ({ ...each, ...(each.id === "a" && { compensate: "d" }), ...(each.id === "b" && { compensate: "e" }) })) })
const undoAction = fc.constantFrom("a", "b").map((session): Action => ({ kind: "undo", session }))
const undoWord = fc.oneof(
  { weight: 3, arbitrary: word },
  fc.constantFrom("a", "b").map((session) => event(`${session}.compensated`)),
)
const undoLeaves = fc.uniqueArray(undoWord, {
  minLength: 2,
  maxLength: 3,
  selector: (each) => (each.source === "session" ? `${each.session}${each.event === "compensated" ? " undone" : ""}` : ""),
})
const undoShape: fc.Arbitrary<RuleShape[0]> = fc.oneof(
  { weight: 4, arbitrary: undoWord },
  { weight: 4, arbitrary: undoLeaves.map((of) => all(...of)) },
  undoLeaves.map((of) => any(...of)),
  undoLeaves.map((of) => atLeast(2, ...of)),
)
const undoingAction: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: bounded },
  { weight: 3, arbitrary: undoAction },
  fc.tuple(undoAction, bounded).map((actions): Action => ({ kind: "sequence", actions })),
  fc.constant({ kind: "cancel", target: { kind: "session", session: "d" } }),
  fc.constant({ kind: "complete" }),
)
/** Fleets in which rules undo what was done. */
export const undoingFleet = fc
  .tuple(fc.uniqueArray(name, { minLength: 1, maxLength: 3 }), fc.array(mostlyUnguarded(undoShape, undoingAction), { minLength: 2, maxLength: 6 }))
  .map(([start, rules]) => compensates(fleet({ a: output, b: output, c: output, d: output, e: output }, start, rules)))

const few = fc.constantFrom("a", "b", "c")
const fewLeaves = fc.uniqueArray(
  fc.tuple(few, fc.constantFrom("done", "done", "done", "started")).map(([session, what]) => event(`${session}.${what}`)),
  { minLength: 2, maxLength: 3, selector: (each) => (each.source === "session" ? each.session : "") },
)
const fewJoin: fc.Arbitrary<RuleShape[0]> = fc.oneof(
  { weight: 3, arbitrary: fewLeaves.map((of) => all(...of)) },
  fewLeaves.map((of) => any(...of)),
  fewLeaves.map((of) => atLeast(2, ...of)),
)
const fewSend = fc.tuple(fc.uniqueArray(few, { minLength: 1, maxLength: 2 }), fc.integer({ min: 1, max: 3 })).map(([to, most]) => upTo(most, send(...to)))
/** So small that all ways to play them can be tried. Guards read what is certainly there. */
export const tinyFleet = fc
  .tuple(
    fc.uniqueArray(few, { minLength: 1, maxLength: 2 }),
    fc.array(
      fc.oneof(
        fc.tuple(fewJoin, fewSend),
        fc.tuple(few, fewSend).map(([session, act]): RuleShape => [`${session}.done`, act]),
        fc
          .tuple(few, fc.option(few, { nil: undefined }), fewSend)
          .map(([session, partner, act]): RuleShape => [
            partner === undefined || partner === session ? `${session}.done` : all(`${session}.done`, `${partner}.done`),
            [when(is(session, "ok"), act)],
          ]),
      ),
      { minLength: 1, maxLength: 4 },
    ),
  )
  .map(([start, rules]) => shown(fleet({ a: { ok: boolean }, b: { ok: boolean }, c: { ok: boolean } }, start, rules)))

/** As `tinyFleet`: `a` is undone by `c`. */
export const tinyUndoing = fc
  .tuple(
    fc.uniqueArray(few, { minLength: 1, maxLength: 2 }),
    fc.array(
      fc.tuple(
        fc.oneof(
          few.map((session): RuleShape[0] => `${session}.done`),
          fc.constant<RuleShape[0]>("a.compensated"),
          few.map((session) => all("a.compensated", `${session}.done`)),
          fc.uniqueArray(few, { minLength: 2, maxLength: 2 }).map((of) => all(...of.map((each) => `${each}.done`))),
        ),
        fc.oneof(
          fewSend,
          fc.constant<Action>({ kind: "undo", session: "a" }),
          fewSend.map((act): Action => ({ kind: "sequence", actions: [{ kind: "undo", session: "a" }, act] })),
        ),
      ),
      { minLength: 2, maxLength: 4 },
    ),
  )
  .map(([start, rules]): Ir => {
    const ir = fleet({ a: { ok: boolean }, b: { ok: boolean }, c: { ok: boolean } }, start, rules)
    return shown({ ...ir, sessions: ir.sessions.map((each) => (each.id === "a" ? { ...each, compensate: "c" } : each)) })
  })

const asks = (gate: string): Action => ({ kind: "gate", gate, prompt: { type: { kind: "string" }, expr: { op: "literal", kind: "string", value: "?" } } })
/** People who are asked again and again, perhaps whatever they answer. Sends have no bound, so these may go on for ever. */
export const askingFleet = fc
  .tuple(
    fc.array(fc.tuple(fc.constantFrom("g", "h"), fc.constantFrom("approved", "rejected")), { maxLength: 3 }),
    fc.array(fc.constantFrom("g", "h", "a", "b", "g and b", "nothing", "over"), { minLength: 8, maxLength: 8 }),
  )
  .map(([more, ways]) => {
    const does: { readonly [way: string]: Action } = {
      g: asks("g"),
      h: asks("h"),
      a: send("a"),
      b: send("b"),
      "g and b": { kind: "sequence", actions: [asks("g"), send("b")] },
      nothing: { kind: "notify", text: { type: { kind: "string" }, expr: { op: "literal", kind: "string", value: "!" } } },
      over: { kind: "complete" },
    }
    const answers = [["g", "approved"], ["g", "rejected"], ["h", "approved"], ["h", "rejected"], ...more] as const
    const rules = answers.map(([gate, answer], i): RuleShape => [{ source: "gate", gate, event: answer }, does[ways[i] ?? ""] ?? asks("g")])
    return shown(fleet({ a: output, b: output }, ["a"], [["a.done", asks("g")], ...(ways[7] === "a" ? [["b.done", asks("h")] as const] : []), ...rules]))
  })

/** As `output`, with what a fan-out is made of. */
export const tasks = { ...output, tasks: { kind: "list", item: { kind: "string" } } } as const
const text: NonNullable<Extract<Action, { readonly kind: "gate" }>["prompt"]>["type"] = { kind: "string" }
const literal = (value: string): Expr => ({ op: "literal", kind: "string", value })
const open = (gate: string, withinMs?: number): Action => ({
  kind: "gate",
  gate,
  prompt: { type: text, expr: literal("?") },
  ...(withinMs !== undefined && { withinMs }),
})
const fan = (list: Expr, limit: number | undefined): Action => ({
  kind: "for",
  variable: "t",
  list: { type: tasks.tasks, expr: list },
  send: upTo(1, send("w")),
  ...(limit !== undefined && { limit }),
})
const some = fc.constantFrom("a", "b", "c")
const oneOrTwo = fc.option(fc.integer({ min: 1, max: 2 }), { nil: undefined })
const written = fc.tuple(fc.nat(2), oneOrTwo).map(([count, limit]) => fan({ op: "list", items: Array.from({ length: count }, () => literal("x")) }, limit))
const said = (session: string) =>
  oneOrTwo.map((limit) => fan({ op: "member", object: { op: "session", session, property: "output" }, field: "tasks", safe: false }, limit))
const ofSessions = fc.uniqueArray(some, { minLength: 1, maxLength: 2 }).map((to) => upTo(1, send(...to)))
const selectOne = fc.uniqueArray(some, { minLength: 1, maxLength: 2 }).map((from): Action => ({ kind: "select", from }))
const begun: fc.Arbitrary<Action> = fc.oneof(
  { weight: 3, arbitrary: ofSessions },
  written,
  fc.constant(open("g")),
  fc.constant(open("h", 1000)),
  selectOne,
  fc.tuple(ofSessions, fc.oneof(written, fc.constant(open("g")))).map((actions): Action => ({ kind: "sequence", actions })),
  fc.constant<Action>({ kind: "undo", session: "a" }),
)
const fromOutside = fc.constantFrom<EventPattern>(
  { source: "gate", gate: "g", event: "approved" },
  { source: "gate", gate: "g", event: "rejected" },
  { source: "gate", gate: "h", event: "approved" },
  { source: "gate", gate: "h", event: "expired" },
  { source: "human" },
)
const inside = fc.oneof(
  { weight: 3, arbitrary: some.map((session) => event(`${session}.done`)) },
  fc.constantFrom<RuleShape[0]>({ session: "w", want: "all" }, { session: "w", want: 1 }, { session: "w", want: 2 }, event("a.compensated")),
)
const mixed = fc.oneof({ weight: 3, arbitrary: inside }, fromOutside)
const both = (of: fc.Arbitrary<RuleShape[0]>) =>
  fc
    .uniqueArray(of, { minLength: 2, maxLength: 3, selector: (each) => JSON.stringify(each) })
    .chain((parts) => fc.constantFrom(all(...parts), all(...parts), any(...parts), atLeast(2, ...parts)))
const ended: fc.Arbitrary<Action> = fc.oneof({ weight: 5, arbitrary: ofSessions }, { weight: 1, arbitrary: written }, fc.constant<Action>({ kind: "complete" }))
const richRule: fc.Arbitrary<RuleShape> = fc.oneof(
  fc.tuple(
    some.map((session) => `${session}.done`),
    begun,
  ),
  some.chain((session) => said(session).map((act): RuleShape => [`${session}.done`, act])),
  fc
    .tuple(some, fc.uniqueArray(some, { minLength: 2, maxLength: 2 }))
    .map(([session, to]): RuleShape => [`${session}.done`, { ...upTo(1, send(...to)), bySubtask: true }]),
  some.chain((session) => fc.tuple(guardOn(session), begun).map(([asked, act]): RuleShape => [`${session}.done`, [when(asked, act)]])),
  fc.tuple(fc.oneof(fc.constant<RuleShape[0]>({ session: "w", want: "each" }), mixed), ended),
  { weight: 2, arbitrary: fc.tuple(both(mixed), ended) },
)
/** Fan-outs, gates, selections, subtasks and what is undone, side by side. */
export const richFleet = fc
  .tuple(fc.uniqueArray(some, { minLength: 1, maxLength: 2 }), fc.array(richRule, { minLength: 2, maxLength: 6 }))
  .map(([start, rules]): Ir => {
    const ir = fleet({ a: tasks, b: tasks, c: tasks, w: output, d: null }, start, rules)
    const sessions = ir.sessions.map((each) => ({ ...each, ...(each.id === "a" && { compensate: "d" }), instances: each.id === "w" }))
    return shown({ ...ir, sessions })
  })
