import { describe, expect, it } from "vitest"
import { compile } from "#compiler"
import type { Ir } from "#ir"
import { makeScripted, readScript } from "#plugins"
import type { Json } from "#ir"
import { simulate, type Simulation } from "../../../runtime/engine/simulate.ts"
import { WaitsForEver } from "../../../runtime/engine/virtual-time.ts"

const compiled = (routes: string): Ir => {
  const text = `fleet:\n  base_branch: main\n  task: go\n  sessions:\n    a: { driver: claude }\n    b: { driver: claude }\n  start: a\n  routes: |\n${routes.replace(/^/gm, "    ")}\n`
  const { ir, diagnostics } = compile({ file: "fleet.yaml", text, files: () => undefined })
  if (ir === undefined) throw new Error(diagnostics.map(({ message }) => message).join("; "))
  return ir
}

const play = (routes: string, sessions: Json, headless: boolean): Promise<Simulation> => {
  const script = readScript(sessions)
  if (!script.ok) throw new Error(script.problems.join("; "))
  return simulate(compiled(routes), { driver: makeScripted(script.script), headless })
}

const gate = 'on a.done -> gate g "Go on?"\non g.approved -> b\non g.rejected -> fail "rejected"'
const timed = 'on a.done -> gate g "Go on?" within 24h\non g.approved -> b\non g.rejected -> fail "rejected"\non g.expired -> fail "expired"'

describe("with nobody there", () => {
  const cases: ReadonlyArray<readonly [string, string, Json, object, string]> = [
    ["a permission is denied", "on a.done -> b", { a: [{ permission: { tool: "rm", risk: "high" } }] }, { by: "headless", reply: "deny" }, "succeeded"],
    [
      "a question is told so",
      "on a.done -> b",
      { a: [{ question: "Which?" }] },
      { by: "headless", reply: expect.stringContaining("Nobody is there") },
      "succeeded",
    ],
    ["a gate is rejected", gate, {}, { by: "headless", reply: "reject" }, "failed"],
    ["a gate with a time expires at once", timed, {}, { by: "headless", reply: "expire" }, "failed"],
  ]
  it.each(cases)("%s", async (_, routes, sessions, answered, status) => {
    const { events, result } = await play(routes, sessions, true)
    expect(events.find(({ type }) => type === "request.answered")).toMatchObject(answered)
    expect(result.status).toBe(status)
    expect(events.at(-1)?.at).toBe(0)
  })

  it("the rules on the gate say what follows", async () => {
    expect((await play(timed, {}, true)).result.reason).toBe("expired")
    expect((await play(gate, {}, true)).result.reason).toBe("rejected")
  })

  it.each([
    ["selection", "on a.done -> select from [b]\non human.selected -> b", "request q1 (selection) needs an answer"],
    ["pause", 'on a.done -> { pause "look at it"; b }', "paused: look at it"],
  ])("a %s cancels the run and says why", async (_, routes, reason) => {
    const { result } = await play(routes, {}, true)
    expect(result).toMatchObject({ status: "cancelled", reason: expect.stringContaining(reason) })
  })

  it.each([
    ["a gate", gate, {}, "nobody answers request q1 (gate: Go on?)"],
    ["a pause", 'on a.done -> { pause "look"; b }', {}, "it is paused"],
    ["a turn", "on a.done -> b", { a: [{ hang: true }] }, "the turn of a never ends"],
  ])("and nobody told so, %s makes the simulation wait for ever, which it says", async (_, routes, sessions, reason) => {
    const stuck = await play(routes, sessions, false).catch((error: unknown) => error)
    expect(stuck).toBeInstanceOf(WaitsForEver)
    expect(stuck).toMatchObject({ message: expect.stringContaining(reason) })
  })
})
