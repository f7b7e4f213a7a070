import { describe, expect, it } from "vitest"
import * as Effect from "effect/Effect"
import type { Expression, Input, Ir } from "#ir"
import { beginningOf, InvalidStart, type Given } from "../../../runtime/engine/beginning.ts"
import { simulate } from "../../../runtime/engine/simulate.ts"
import { startFleet } from "../../../runtime/engine/start-fleet.ts"
import { makeMemoryJournal } from "../../../runtime/journal/memory.ts"
import type { FleetEvent } from "../../../runtime/machine/protocol.ts"
import { fleet, saysOk, session } from "./fleet.ts"

const text = { kind: "string" } as const
const task: Expression = {
  type: text,
  expr: { op: "template", parts: ["build ", { op: "input", name: "what" }, " within ", { op: "let", name: "limit" }] },
}
const inputs: ReadonlyArray<Input> = [
  { name: "what", type: text },
  { name: "wait", type: { kind: "duration" }, default: 90_000 },
  { name: "note", type: { kind: "maybe", type: text } },
]
const ir: Ir = {
  ...fleet([session("a")]),
  fleet: { name: "test", task },
  inputs,
  lets: [{ name: "limit", value: { type: { kind: "duration" }, expr: { op: "template", parts: [{ op: "input", name: "wait" }] } } }],
}

describe("what a run begins with", () => {
  it("is the inputs, their defaults, and the task with both filled in", () => {
    expect(beginningOf(ir, { inputs: { what: "a bridge" } })).toEqual({ inputs: { what: "a bridge", wait: 90_000 }, task: "build a bridge within 90s" })
  })

  it("is another task when one is given", () => {
    expect(beginningOf(ir, { inputs: { what: "x" }, task: "something else" })).toMatchObject({ task: "something else" })
  })

  it("has no task where the fleet has none", () => {
    expect(beginningOf({ ...ir, fleet: { name: "test" } }, { inputs: { what: "x" } })).not.toHaveProperty("task")
  })

  it.each<readonly [Given, string]>([
    [{}, 'input "what" is missing: expected string'],
    [{ inputs: { what: 3 } }, 'input "what": expected string, found 3'],
    [{ inputs: { what: "x", wait: -1 } }, 'input "wait": expected duration, found -1'],
    [{ inputs: { what: "x", note: Number.NaN } }, 'input "note": it is no JSON'],
    [{ inputs: { what: "x" }, task: 5 as never }, "the task is no text"],
    [{ inputs: { what: "x" }, run: "../r" }, "the id of a run is 1 to 100 letters, digits, - and _"],
    [{ inputs: { what: "x", wht: "y" } }, 'the fleet has no input "wht"'],
    [{ inputs: { what: "x", constructor: "y" } }, 'the fleet has no input "constructor"'],
  ])("refuses %j", (given, problem) => {
    const refused = beginningOf(ir, given)
    expect(refused instanceof InvalidStart ? refused.problems : []).toEqual([problem])
  })

  it("fits the JSON Schema that an input is declared with", () => {
    const scored: Ir = { ...fleet([session("a")]), inputs: [{ name: "n", type: { kind: "integer" }, schema: { type: "integer", maximum: 3 } }] }
    expect(beginningOf(scored, { inputs: { n: 3 } })).toEqual({ inputs: { n: 3 }, task: "go" })
    expect(beginningOf(scored, { inputs: { n: 4 } })).toMatchObject({ problems: ['input "n": expected at most 3, found 4'] })
  })

  it("says why a task has no text", () => {
    const broken: Expression = {
      type: { kind: "integer" },
      expr: { op: "binary", operator: "/", left: { op: "literal", kind: "integer", value: 1 }, right: { op: "literal", kind: "integer", value: 0 } },
    }
    expect(beginningOf({ ...fleet([session("a")]), fleet: { name: "test", task: broken } }, {})).toMatchObject({
      message: expect.stringContaining("the task of the fleet has no text"),
    })
  })

  it("is the same for a simulation and for a run of the library", async () => {
    const prompts: Array<string> = []
    const onEvent = (event: FleetEvent): void => void (event.type === "turn.started" && prompts.push(event.prompt))
    await simulate(ir, { driver: saysOk, inputs: { what: "a road" }, onEvent })
    const run = await startFleet(ir, {
      drivers: { fake: saysOk },
      workspaces: {
        none: { isolated: true, acquire: async () => ({ path: "/", snapshot: async () => undefined, diff: async () => "", release: async () => ({}) }) },
      },
      journal: makeMemoryJournal(),
      root: "/",
      inputs: { what: "a road" },
      onEvent,
    })
    expect((await run.result).status).toBe("succeeded")
    expect(prompts).toEqual(["build a road within 90s", "build a road within 90s"])
    await run.close()
  })

  it("starts nothing and writes nothing when it does not fit", async () => {
    const journal = makeMemoryJournal()
    await expect(startFleet(ir, { drivers: {}, workspaces: {}, journal, root: "/" })).rejects.toBeInstanceOf(InvalidStart)
    expect(await Effect.runPromise(journal.runs())).toEqual([])
    await expect(simulate(ir, { driver: saysOk })).rejects.toBeInstanceOf(InvalidStart)
  })
})
