/** Secrets of the environment: who gets them, and that nothing shows them. */
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { Ir, Json, Session } from "#ir"
import { textOf as textIn, type DriverEvent } from "#sdk"
import { makeHiding } from "../../../runtime/engine/hide-values.ts"
import { startFleet } from "../../../runtime/engine/start-fleet.ts"
import { makeMemoryJournal } from "../../../runtime/journal/memory.ts"
import type { FleetEvent } from "../../../runtime/machine/protocol.ts"
import { hiddenValues, type HiddenValues } from "../../../runtime/policy/hidden-values.ts"
import { fakeDriver, fleet, followUp, loggedWorkspaces, session } from "./fleet.ts"

const withEnv = (...envs: ReadonlyArray<Session["env"]>): Ir => fleet(envs.map((env, at) => session(`s${at}`, { env })))
const secret = (from: string) => ({ from, secret: true as const })
const bearer = (from: string) => ({ parts: ["Bearer ", { from }] })

const hiddenIn = (ir: Ir, caller: { readonly [name: string]: string }): HiddenValues => {
  const hidden = hiddenValues(ir, caller)
  if (hidden === undefined) throw new Error("nothing is hidden")
  return hidden
}

describe("what is hidden", () => {
  it.each<readonly [string, Session["env"], { readonly [name: string]: string }, boolean]>([
    ["a secret by reference", { X: secret("MINE") }, { MINE: "the value" }, true],
    ["a secret in a text", { X: { parts: ["Bearer ", { from: "MINE" }] } }, { MINE: "the value" }, true],
    ["a variable passed on", { X: { from: "MINE" } }, { MINE: "the value" }, false],
    ["one whose name says that it is a secret", { X: { from: "MY_TOKEN" } }, { MY_TOKEN: "the value" }, true],
    ["one that becomes a secret", { API_KEY: { from: "MINE" } }, { MINE: "the value" }, true],
    ["one of which that is a path", { API_KEY: { from: "MINE" } }, { MINE: "/the value" }, false],
    ["a secret in the fleet file", { API_KEY: { value: "the value" } }, {}, true],
    ["a text in the fleet file", { X: { value: "the value" } }, {}, false],
    ["what every agent gets to sign in", {}, { ANTHROPIC_API_KEY: "the value" }, true],
    ["what no agent gets", {}, { OTHER_API_KEY: "the value" }, false],
    ["what is too short to be told from others", { X: secret("MINE") }, { MINE: "value" }, false],
    ["what is not there", { X: secret("MINE") }, {}, false],
  ])("%s", (_, env, caller, is) => {
    expect((hiddenValues(withEnv(env), caller)?.text("it is the value.") ?? "it is the value.") === "it is [redacted].").toBe(is)
  })

  it("in every form: deep in values, within JSON, line by line, the longer of two first", () => {
    const key = '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG\n"quoted" \\\n-----END PRIVATE KEY-----\n'
    const hidden = hiddenIn(withEnv({ A: secret("A"), B: secret("B"), C: secret("C") }), { A: key, B: "(a+b)*$1", C: "(a+b)*$1234" })
    expect(hidden.text(`<${key}>`)).toBe("<[redacted]>")
    expect(hidden.text(JSON.stringify({ key }))).toBe('{"key":"[redacted]"}')
    expect(hidden.text("  MIIEvQIBADANBgkqhkiG  ")).toBe("  [redacted]  ")
    expect(hidden.text("(a+b)*$1234 (a+b)*$1")).toBe("[redacted] [redacted]")
    const value: Json = { list: ["x (a+b)*$1", 1, null, { deep: key }], "(a+b)*$1": true }
    expect(hidden.value(value)).toEqual({ list: ["x [redacted]", 1, null, { deep: "[redacted]" }], "(a+b)*$1": true })
  })
})

describe("a text in pieces", () => {
  const chunk = (text: string): DriverEvent => ({ type: "agent", event: { kind: "cap.text_chunk", text, channel: "assistant" } })
  const other: DriverEvent = { type: "agent", event: { kind: "cap.notice", text: "aabaabaab" } }
  const end: DriverEvent = { type: "turn.ended", end: { error: { kind: "driver_error", message: "at aabaabaab" } }, text: "aabaabaab", output: ["aabaabaab"] }
  const textOf = (events: ReadonlyArray<DriverEvent>): string =>
    events.map((event) => (event.type === "agent" && event.event.kind === "cap.text_chunk" ? textIn(event.event["text"]) : "")).join("")

  it("shows the same as in one", () => {
    const hidden = hiddenIn(withEnv({ A: secret("A"), B: secret("B") }), { A: "aabaabaab", B: "abcabc" })
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[abc]{0,12}$/u), { maxLength: 12 }), (parts) => {
        const hiding = makeHiding(hidden)
        const passed = [...parts.map(chunk), end].flatMap(hiding.pass)
        const shown = textOf(passed)
        expect(shown).not.toMatch(/aabaabaab|abcabc/u)
        // nothing is lost but what is hidden
        expect(shown.replaceAll("[redacted]", "").length).toBeLessThanOrEqual(parts.join("").length)
        if (!/aabaabaab|abcabc/u.test(parts.join(""))) expect(shown).toBe(parts.join(""))
      }),
    )
  })

  it("waits no longer than the next that is said, keeps the order, and ends with the turn", () => {
    const hiding = makeHiding(hiddenIn(withEnv({ A: secret("A") }), { A: "aabaabaab" }))
    expect([chunk("x aab"), other].flatMap(hiding.pass)).toEqual([
      chunk("x "),
      chunk("aab"),
      { type: "agent", event: { kind: "cap.notice", text: "[redacted]" } },
    ])
    expect([chunk("x aaba"), end].flatMap(hiding.pass)).toEqual([
      chunk("x "),
      chunk("aaba"),
      { type: "turn.ended", end: { error: { kind: "driver_error", message: "at [redacted]" } }, text: "[redacted]", output: ["[redacted]"] },
    ])
    // of a turn that was cancelled nothing is left
    hiding.pass(chunk("aaba"))
    hiding.begin()
    expect(hiding.pass(chunk("abaabx"))).toEqual([chunk("abaabx")])
  })
})

it("goes to the sessions that name it alone, and is neither written down nor sent on", async () => {
  const value = "hunter2-hunter2"
  const given = new Map<string, { readonly [name: string]: string }>()
  const prompts: Array<string> = []
  const driver = fakeDriver((frame, say, _end, id) => {
    if (frame.type !== "prompt") return
    prompts.push(`${id}: ${frame.text}`)
    for (const text of [`it is ${value.slice(0, 8)}`, value.slice(8)]) say({ type: "agent", event: { kind: "cap.text_chunk", text, channel: "assistant" } })
    say({ type: "agent", event: { kind: "cap.tool_call.start", call_id: "1", name: "Bash", input: { command: `curl -H ${value}` } } })
    say({ type: "turn.ended", end: { stop: "end_turn" }, text: `the token is ${value}`, output: { token: value } })
  })
  const seen = { ...driver, open: (context: Parameters<typeof driver.open>[0]) => (given.set(context.session, context.env), driver.open(context)) }
  const after = followUp(1, "s0", "s1")
  const ir: Ir = {
    ...fleet(
      [session("s0", { env: { MINE: secret("ANTHROPIC_API_KEY"), AUTH: bearer("ANTHROPIC_API_KEY"), NONE: bearer("NOT_SET") } }), session("s1")],
      [
        {
          ...after,
          cases: after.cases.map((one) => ({
            ...one,
            action: { ...one.action, prompt: { expr: { op: "session", session: "s0", property: "text" }, type: { kind: "string" } } },
          })),
        } as typeof after,
      ],
    ),
  }
  const events: Array<FleetEvent> = []
  const journal = makeMemoryJournal()
  const handle = await startFleet(ir, {
    drivers: { fake: seen },
    workspaces: { none: loggedWorkspaces([]) },
    journal,
    root: "/",
    task: `use ${value}`,
    env: { PATH: "/bin", ANTHROPIC_API_KEY: value, OPENAI_API_KEY: "another-one" },
    run: "r",
    onEvent: (event) => void events.push(event),
  })
  expect((await handle.result).status).toBe("succeeded")
  await handle.close()
  expect(given.get("s0")).not.toHaveProperty("NONE")
  expect(given.get("s0")).toMatchObject({ MINE: value, AUTH: `Bearer ${value}`, OPENAI_API_KEY: "another-one" })
  expect(given.get("s0")).not.toHaveProperty("ANTHROPIC_API_KEY")
  expect(Object.values(given.get("s1") ?? {})).not.toContain(value)
  const written = [await Effect.runPromise(journal.read("r")), await Effect.runPromise(journal.origin("r"))]
  expect(JSON.stringify([events, written, prompts])).not.toContain("hunter2-")
  expect(prompts).toEqual(["s0: use [redacted]", "s1: the token is [redacted]"])
  expect(events.find(({ type }) => type === "session.done")).toMatchObject({ text: "the token is [redacted]", output: { token: "[redacted]" } })
})
