/** A name for a value hides nothing of it. */
import { describe, expect, it } from "vitest"
import { fleetOf, problemsOf, problemsOfRoutes } from "./fleets.ts"

describe("what a let stands for is checked where it is used", () => {
  it.each<readonly [routes: string, problems: ReadonlyArray<string>]>([
    // the output of a session that may not have run
    ["let ok = b.output.ok\non a.done when a.output.score > 1 -> b\non a.done when ok == true -> c", ["maybe-absent ok"]],
    ["let o = b.output\non a.done when a.output.score > 1 -> b\non a.done when o.ok == true -> c", ["maybe-absent o.ok"]],
    ["let o = b.output\non a.done -> b\non b.done when o.ok -> c", []],
    ["let o = b.output\nlet ok = o.ok\non a.done when a.output.score > 1 -> b\non a.done when ok in [true] -> c", ["maybe-absent ok"]],
    // values of an enum
    ['let want = "reject"\non a.done when a.output.verdict == want -> b', ["type-mismatch want"]],
    ['let want = ["approve", "reject"]\non a.done when a.output.verdict in want -> b', ['type-mismatch "reject"']],
    ['let want = "approve"\non a.done when a.output.verdict == want -> b', []],
    // instances
    ['let o = b.output.ok\non a.done -> for t in a.output.tasks -> b with "${t}"\non all(b.done) when o -> c', ["ambiguous-instances o"]],
    ['let o = b.output.ok\non a.done -> for t in a.output.tasks -> b with "${t}"\non each(b.done) when o -> c', []],
    // what guards show
    ['let note = a.output.note\non a.done when note != null -> b with "${a.output.note}"', []],
    ['let note = a.output.note\non a.done when a.output.note != null -> b with "${note}"', []],
    ['let has = a.output.note != null\non a.done when has -> b with "${a.output.note}"', []],
    ['let has = a.output.note != null\non a.done when not has -> b with "${a.output.note}"', ["maybe-absent a.output.note"]],
    ["let has = a.output.note != null\nlet also = has\non a.done when also and len(a.output.note) > 1 -> b", []],
    ['let o = b.output\nlet fine = b.status == "done"\non a.done -> b\non b.settled when fine -> c with "${o.ok}"', []],
    ["let zero = 2 - 2\non a.done when a.output.score / zero > 1 -> b", ["invalid-value zero"]],
    // cases
    ['let approved = a.output.verdict == "approve"\non a.done {\nwhen approved -> complete\nwhen a.output.verdict == "changes" -> b\n}', []],
    ['let approved = a.output.verdict == "approve"\non a.done {\nwhen approved -> complete\nwhen not approved -> b\n}', []],
    [
      'let approved = a.output.verdict == "approve"\non a.done {\nwhen approved -> b\nwhen a.output.verdict == "approve" -> c\n}',
      ["non-exhaustive-cases on a.done", 'unreachable-case when a.output.verdict == "approve" -> c'],
    ],
    ["let never = 1 > 2\non a.done when never -> b", ["dead-route on a.done when never -> b"]],
  ])("%s", (routes, expected) => expect(problemsOfRoutes(routes).toSorted()).toEqual(expected))

  it("in the outputs of the run too", () => {
    const outputs = (value: string, lets: string): ReadonlyArray<string> =>
      problemsOf(fleetOf(`${lets}\non a.done when a.output.score > 1 -> b\non a.done -> c\non c.done -> d`, `outputs: { x: '${value}' }`))
    expect(outputs("b.output.ok", "")).toEqual(["maybe-absent b.output.ok"])
    expect(outputs("ok", "let ok = b.output.ok")).toEqual(["maybe-absent ok"])
    expect(outputs("{ k: [ok] }", "let ok = b.output.ok")).toEqual(["maybe-absent ok"])
    expect(outputs("two", "let ok = b.output.ok\nlet two = [ok]")).toEqual(["maybe-absent ok"])
    expect(outputs("[two]", "let two = [a.output.score]")).toEqual([])
    expect(outputs("[a.output.score + len(c.text), { k: a.output.tasks[0] }]", "")).toEqual([])
    expect(outputs("ok", "let ok = b.output?.ok")).toEqual([])
    expect(outputs("ok", "let ok = a.output.score")).toEqual([])
  })

  it("names in names, each of which guards narrow, are looked at in bounded time", () => {
    const depth = 60
    const lets = Array.from({ length: depth }, (_, at) => {
      const [before, after] = at === 0 ? ["true", "false"] : [`x${at - 1}`, `x${at - 1}`]
      return `let x${at} = (a.output.note != "f${at}" and ${before}) or (a.output.note == "g${at}" and ${after})`
    })
    expect(problemsOfRoutes([...lets, `on a.done when x${depth - 1} -> b`].join("\n"))).toEqual([])
  })
})

describe("what may be absent may not be read", () => {
  it.each<readonly [guard: string, problems: ReadonlyArray<string>]>([
    ["b.output.ok in [true]", ["maybe-absent b.output.ok"]],
    ["json(b.output) == a.text", ["maybe-absent b.output"]],
    ["len([b.output.ok]) > 0", ["maybe-absent b.output.ok"]],
    ["{ k: b.output.ok } == { k: true }", ["maybe-absent b.output.ok"]],
    ["contains([true], b.output.ok)", ["maybe-absent b.output.ok"]],
    ["(a.output.score == 1 and b.output.ok) == true", ["maybe-absent b.output.ok"]],
    ["b.output?.ok in [true]", []],
    ["json(b.output ?? null) == a.text", []],
    ["default(b.output.ok, false)", []],
    ["b.output.ok ?? false", []],
    ["b.output != null and b.output.ok", []],
    ["b.output == null or b.output.ok == true", []],
    ["contains([true], b.output?.ok)", []],
    ['json(a.output.note) == "null"', []],
  ])("%s", (guard, expected) => expect(problemsOfRoutes(`on a.done when a.output.score > 1 -> b\non a.done when ${guard} -> c`)).toEqual(expected))
})

describe("what a constant says", () => {
  it.each<readonly [guard: string, problems: ReadonlyArray<string>]>([
    ["a.output.score / 0 > 1", ["invalid-value 0"]],
    ["a.output.score % (1 - 1) > 1", ["invalid-value 1 - 1"]],
    ["a.cost / $0 > 1", ["invalid-value $0"]],
    ["fleet.elapsed / 0s > 1", ["invalid-value 0s"]],
    ["a.output.score / 0.5 > 1", []],
    ['["x", "y"][1] == a.text', []],
    ['["x", "y"][1] + "z" == a.text', []],
    ['["x", "y"][2] == a.text', ["invalid-value 2"]],
    ["[][0] == a.text", ["invalid-value 0"]],
    ["a.output.tasks[-1] == a.text", ["invalid-value -1"]],
    ["a.output.tasks[a.output.score] == a.text", []],
    ["round(a.output.score / 3, 20) > 1", ["wrong-arguments 20"]],
    ["round(a.output.score / 3, 2) > 1", []],
  ])("%s", (guard, expected) => expect(problemsOfRoutes(`on a.done when ${guard} -> b`)).toEqual(expected))
})
