import { describe, expect, it } from "vitest"
import { decodeIr } from "#ir/decode.ts"
import { figuresOf, hashOf, printAmount, printMoney, verifyIr, worstCaseOf, type Ir } from "#ir"
import { compile } from "../../../compiler/index.ts"
import { fleetOf } from "../check/fleets.ts"

const irOf = (text: string): Ir => {
  const { ir, diagnostics } = compile({ file: "fleet.yaml", text, files: () => undefined })
  if (ir === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"))
  return ir
}

const activations = (routes: string, more = ""): { readonly [session: string]: string } =>
  Object.fromEntries(worstCaseOf(irOf(fleetOf(routes, more))).sessions.map(({ session, activations: { total } }) => [session.id, printAmount(total)]))

describe("activations", () => {
  it.each<[string, string, string, string]>([
    ["on a.done -> b\non b.done -> a max 3", "a", "4", "b 4"],
    ["on a.done -> [b, c]\non all(b.done, c.done) -> d", "d", "1", "c 1"],
    ["on a.done -> [b, c]\non b.done, c.done -> d", "d", "2", "c 1"],
    ["on a.done -> [b, c]\non any(b.done, c.done) -> d", "d", "1", "c 1"],
    ["on a.done -> [b, c]\non 2 of (a.done, b.done, c.done) -> d", "d", "1", "c 1"],
    ["on a.done {\nwhen a.output.score > 1 -> b\notherwise -> { b; c }\n}", "b", "1", "c 1"],
    ["on a.done -> { b; c; b }", "b", "2", "c 1"],
    ["on a.done -> b max 9", "b", "1", "c 0"],
    ["on a.done -> for t in a.output.tasks -> b", "b", "len(a.output.tasks)", "c 0"],
    ['on a.done -> for t in ["x", "y"] -> b\non each(b.done) -> c', "c", "2", "b 2"],
    ["on a.done -> for t in a.output.tasks -> b\non all(b.done) -> c", "c", "1", "d 0"],
    ["on a.done -> for t in a.output.tasks -> b\non each(b.done) -> c\non c.done -> d max 2", "d", "2", "c len(a.output.tasks)"],
    ['on a.failed -> gate g "Again?"\non g.approved -> a', "a", "1 + approvals of g", "b 0"],
    ['on a.done -> gate g "Go?"\non g.approved -> b\non g.rejected -> c', "b", "1", "c 1"],
    ["on every(1m) -> b\non a.done -> complete", "b", "no bound", "a 1"],
    ["on a.asked -> b", "b", "no bound", "c 0"],
    ["on a.done within 5m otherwise -> c -> b", "c", "2", "b 1"],
    ["on b.skipped -> c", "c", "1", "b 0"],
  ])("%s", (routes, session, expected, other) => {
    const found = activations(routes)
    expect([found[session], `${other.split(" ")[0]} ${found[other.split(" ")[0] ?? ""]}`]).toEqual([expected, other])
  })

  it("a model that routes may send to anyone", () =>
    expect(activations("", "mode: llm")).toEqual({ a: "no bound", b: "no bound", c: "no bound", d: "no bound" }))
})

describe("turns and cost", () => {
  const fleet = (sessions: string, routes: string, more = ""): Ir =>
    irOf(
      `fleet:\n  base_branch: main\n${more}  sessions:\n${sessions.replace(/^(?=.)/gm, "    ")}\n  start: a\n  routes: |\n${routes.replace(/^(?=.)/gm, "    ")}\n`,
    )
  const two = "a: { driver: claude, budget: { usd: 3 }, output: { ok: boolean, items: [string] } }\nb: { driver: claude, budget: { usd: 0.5 } }"

  it("an answer that does not fit is asked for once more", () =>
    expect(figuresOf(fleet(two, "on a.done -> b"), worstCaseOf(fleet(two, "on a.done -> b")))).toEqual({ worstCaseTurns: 3, worstCaseUsd: 3.5 }))
  it("a session's budget is for all its activations together", () =>
    expect(worstCaseOf(fleet(two, "on a.done -> b\non b.done -> a max 9")).usd).toEqual(new Map([["", 3.5]])))
  it("instances have a budget each", () =>
    expect(printAmount(worstCaseOf(fleet(two, "on a.done -> for t in a.output.items -> b")).usd, printMoney)).toBe("$3.00 + $0.50 × len(a.output.items)"))
  it("an instance that is tried again goes on with its own budget", () => {
    const routes = 'on a.done -> for t in ["x", "y"] -> b\non any(b.failed) -> retry b max 3'
    const worst = worstCaseOf(fleet(two, routes))
    expect(printAmount(worst.usd, printMoney)).toBe("$4.00")
    expect(printAmount(worst.turns)).toBe("6")
    const turns = worstCaseOf(fleet("a: { driver: claude }\nb: { driver: claude, budget: { turns: 1 } }", routes)).turns
    expect(printAmount(turns)).toBe("3")
  })
  it("subtasks are turns of one activation", () =>
    expect(printAmount(worstCaseOf(fleet("a: { driver: claude }\nb: { driver: claude }", "on a.done -> [b] by subtask")).turns)).toBe("1 + subtasks"))
  it("turns of a budget bound a loop", () =>
    expect(worstCaseOf(fleet("a: { driver: claude, budget: { turns: 2 } }\nb: { driver: claude }", "on a.done -> b\non b.done -> a max 9")).turns).toEqual(
      new Map([["", 12]]),
    ))
  it("the fleet's budget ends what has no bound", () =>
    expect(fleet("a: { driver: claude }", "on a.failed -> retry a max 1", "  budget: { usd: 2, wall: 1h }\n").claims).toMatchObject({
      worstCaseTurns: 2,
      worstCaseUsd: 2,
      worstCaseWallMs: 3_600_000,
    }))
  it("attempts and pauses take time", () => {
    const ir = fleet(
      "a: { driver: claude, timeout: 10m, retry: { attempts: 3, backoff: 1s, factor: 2 } }\nb: { driver: shell, command: [make], timeout: 1m }",
      "on a.done -> b after 5m",
    )
    expect(ir.claims.worstCaseWallMs).toBe(30 * 60_000 + 1000 + 2000 + 60_000 + 5 * 60_000)
  })
  it.each([
    ["on a.failed -> retry a after 5m max 2", 3 + 2 * 5],
    ["on a.failed -> { retry a max 2; a after 1m max 1 then a after 7m max 1 }", 5 + 1 + 7],
    ["on a.done -> a after 5m max 1\non a.failed -> a after 1m max 1", 3 + 5 + 1],
  ])("what is put off is put off no more often than it is sent: %s takes %i minutes", (routes, minutes) =>
    expect(fleet("a: { driver: claude, timeout: 1m }", routes).claims.worstCaseWallMs).toBe(minutes * 60_000),
  )
})

describe("claims", () => {
  const ir = irOf(fleetOf('on a.done -> [b, c]\non all(b.done, c.done) -> gate g "Go?"\non g.approved -> d'))
  const claiming = (claims: Partial<Ir["claims"]>): Ir => {
    const changed = { ...ir, claims: { ...ir.claims, ...claims } }
    return { ...changed, hash: hashOf(changed) }
  }

  it("say what was shown, and survive decoding", () => {
    expect(ir.claims).toMatchObject({ joins: [{ rule: "r2", verdict: "satisfiable" }], worstCaseTurns: 6, worstCaseUsd: 9 })
    expect(ir.claims.responders).toEqual([
      ...["a", "b", "c", "d"].map((of) => ({ request: "permission", of, by: "human" })),
      { request: "gate", of: "g", by: "human" },
    ])
    expect(decodeIr(JSON.parse(JSON.stringify(ir)))).toMatchObject({ ok: true })
  })

  it.each<[string, Partial<Ir["claims"]>, string]>([
    ["fewer turns", { worstCaseTurns: 5 }, "/claims/worstCaseTurns"],
    ["less money", { worstCaseUsd: 8 }, "/claims/worstCaseUsd"],
    ["a time where there is no bound", { worstCaseWallMs: 1000 }, "/claims/worstCaseWallMs"],
    ["that nobody is asked", { responders: [] }, "/claims/responders"],
    ["a verdict on what is no join", { joins: [{ rule: "r1", verdict: "satisfiable" }] }, "/claims/joins/0/rule"],
    [
      "two verdicts on one join",
      {
        joins: [
          { rule: "r2", verdict: "satisfiable" },
          { rule: "r2", verdict: "undecided" },
        ],
      },
      "/claims/joins/1",
    ],
  ])("the verifier refuses %s", (_, claims, path) => expect(verifyIr(claiming(claims)).map((fault) => fault.path)).toEqual([path]))

  it("the verifier takes less than what was shown", () => expect(verifyIr(claiming({ worstCaseTurns: 7 }))).toEqual([]))
})
