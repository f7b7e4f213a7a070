import { describe, expect } from "vitest"
import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import type { PolicyDecision } from "#sdk"
import { judge, type Pack } from "../../../runtime/policy/judge.ts"
import { redact } from "../../../runtime/policy/patch.ts"

describe("redacting", () => {
  const payload = { a: "x", list: [1, 2, 3], deep: { "k/e~y": { secret: "s" } } }
  it("does all of a patch", () => {
    expect(
      redact(payload, [
        { op: "replace", path: "/a", value: "y" },
        { op: "remove", path: "/list/0" },
        { op: "add", path: "/list/-", value: 4 },
        { op: "remove", path: "/deep/k~1e~0y/secret" },
      ]),
    ).toEqual({ a: "y", list: [2, 3, 4], deep: { "k/e~y": {} } })
    expect(payload.a).toBe("x")
  })

  const wrong: ReadonlyArray<readonly [string, unknown]> = [
    ["nothing", undefined],
    ["an empty list", []],
    ["what is not there", [{ op: "replace", path: "/b", value: 1 }]],
    [
      "a second part that does not apply",
      [
        { op: "replace", path: "/a", value: "y" },
        { op: "remove", path: "/b" },
      ],
    ],
    ["an operation that redaction has not", [{ op: "copy", from: "/a", path: "/b" }]],
    ["a replacement without a value", [{ op: "replace", path: "/a" }]],
    ["the whole payload", [{ op: "replace", path: "", value: "gone" }]],
    ["a pointer that is none", [{ op: "remove", path: "a" }]],
    ["an index beyond the list", [{ op: "remove", path: "/list/3" }]],
    ["no list at all", { op: "remove", path: "/a" }],
    ["a value that is no JSON", [{ op: "replace", path: "/a", value: 1n }]],
  ]
  it.each(wrong)("refuses %s", (_, patches) => {
    expect(redact(payload, patches)).toBeUndefined()
  })
})

const pack = (name: string, decide: () => unknown, more: object = {}): Pack => ({
  name,
  config: undefined as never,
  pack: { boundaries: ["prompt", "tool", "route"], decide: decide as () => PolicyDecision, ...more },
})

const says = (name: string, effect: string, more: object = {}): Pack => pack(name, () => ({ effect, reasons: [`because ${name}`], ...more }))
const hides = (name: string, path = "/secret"): Pack => says(name, "redact", { patches: [{ op: "remove", path }] })

const ask = (packs: ReadonlyArray<Pack>, boundary: "prompt" | "tool" | "route" | "output" = "tool") =>
  judge(packs, boundary, { text: "t", secret: "s" }, { run: "r", session: "a" })

describe("judging", () => {
  it.effect("asks in the order declared; each sees what those before left", () =>
    Effect.gen(function* () {
      const seen: Array<unknown> = []
      const last: Pack = { name: "last", config: undefined as never, pack: { boundaries: ["tool"], decide: (_, payload) => void seen.push(payload) } }
      const { decisions, payload, denied } = yield* ask([says("first", "allow"), hides("second"), last])
      expect(decisions.map(({ pack: name, effect, session }) => [name, effect, session])).toEqual([
        ["first", "allow", "a"],
        ["second", "redact", "a"],
      ])
      expect(payload).toEqual({ text: "t" })
      expect(seen).toEqual([{ text: "t" }])
      expect(denied).toBeUndefined()
    }),
  )

  it.effect("a denial is final; what was denied is shown without what others hide", () =>
    Effect.gen(function* () {
      const { decisions, payload, denied } = yield* ask([says("no", "deny"), says("yes", "allow"), hides("cover")])
      expect(denied).toBe('policy "no" denies the tool: because no')
      expect(decisions.map(({ pack: name, effect }) => [name, effect])).toEqual([
        ["no", "deny"],
        ["cover", "redact"],
      ])
      expect(payload).toEqual({ text: "t" })
    }),
  )

  it.effect("only those that look at the boundary are asked", () =>
    Effect.gen(function* () {
      expect(yield* ask([says("no", "deny")], "output")).toEqual({ decisions: [], payload: { text: "t", secret: "s" } })
    }),
  )

  const broken: ReadonlyArray<readonly [string, Pack]> = [
    [
      "throws",
      pack("bad", () => {
        throw new Error("the secret is s")
      }),
    ],
    [
      "rejects",
      pack("bad", async () => {
        throw new Error("the secret is s")
      }),
    ],
    ["dies in an Effect", pack("bad", () => Effect.die("s"))],
    ["answers a text", pack("bad", () => "deny")],
    ["answers an effect that is none", pack("bad", () => ({ effect: "maybe" }))],
    ["gives reasons that are none", pack("bad", () => ({ effect: "allow", reasons: "s" }))],
    ["redacts without a patch", says("bad", "redact")],
    ["redacts with a patch that does not apply", hides("bad", "/none")],
    ["is not there", { name: "bad", config: undefined as never }],
  ]
  it.effect.each(broken)("a pack that %s denies, and nothing of what it should have hidden is shown", ([, bad]) =>
    Effect.gen(function* () {
      const { decisions, payload, denied } = yield* ask([bad])
      expect(denied).toContain('policy "bad" denies the tool')
      expect(decisions).toMatchObject([{ pack: "bad", effect: "deny" }])
      expect(payload).toEqual({})
      expect(JSON.stringify(decisions)).not.toContain("secret is s")
    }),
  )

  it.effect("a pack that hangs denies once its time is over", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(ask([pack("slow", () => new Promise(() => {}), { timeoutMs: 1000 })]))
      yield* TestClock.adjust(999)
      expect(fiber.pollUnsafe()).toBeUndefined()
      yield* TestClock.adjust(1)
      expect(yield* Fiber.join(fiber)).toMatchObject({ denied: 'policy "slow" denies the tool: it takes longer than 1000 ms', payload: {} })
    }),
  )

  it.effect("what cannot be asked about or hidden is denied", () =>
    Effect.gen(function* () {
      expect((yield* ask([says("asks", "ask")], "prompt")).denied).toContain("nobody can be asked about it")
      expect((yield* ask([says("asks", "ask")], "tool")).denied).toBeUndefined()
      expect((yield* ask([hides("hides")], "route")).denied).toContain("nothing of it can be hidden")
    }),
  )

  it.effect("a pack cannot change what others look at behind their backs", () =>
    Effect.gen(function* () {
      const vandal: Pack = {
        name: "vandal",
        config: undefined as never,
        pack: {
          boundaries: ["tool"],
          decide: (_, payload) => {
            Object.assign(payload, { text: "mine" })
          },
        },
      }
      expect((yield* ask([vandal])).payload).toEqual({ text: "t", secret: "s" })
    }),
  )

  it.effect("takes an Effect as well, and few words as reasons", () =>
    Effect.gen(function* () {
      const { decisions } = yield* ask([pack("wordy", () => Effect.succeed({ effect: "allow", reasons: Array.from({ length: 50 }, () => "x".repeat(1000)) }))])
      expect(decisions[0]?.reasons.length).toBe(20)
      expect(decisions[0]?.reasons[0]?.length).toBe(500)
    }),
  )
})
