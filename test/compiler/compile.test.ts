import { expect, it } from "vitest"
import { checkFleet, compile } from "../../compiler/index.ts"
import { fleetOf } from "./check/fleets.ts"

const request = (text: string) => ({ file: "fleet.yaml", text, files: () => undefined })

it("gives no IR while there are errors, and all problems at once", () => {
  const { ir, diagnostics } = compile(request(fleetOf("on a.dnoe -> nobody", "budgt: { turns: 1 }")))
  expect(ir).toBeUndefined()
  expect(diagnostics.filter(({ severity }) => severity === "error").map(({ code }) => code)).toEqual(["unknown-key", "unknown-event", "unknown-session"])
})

it("gives IR in spite of warnings", () => expect(compile(request(fleetOf("on a.done -> b"))).ir?.rules).toHaveLength(1))

it("checks the same without IR", () => {
  const text = fleetOf("on a.done -> nobody")
  expect(checkFleet(request(text)).diagnostics).toEqual(compile(request(text)).diagnostics)
})

it.each(["", "fleet:", "- a", "fleet: { sessions: { a: { driver: claude } }, start: a, routes: 'on' }", "fleet: [", "\0"])("never throws: %j", (text) => {
  expect(compile(request(text)).diagnostics.length).toBeGreaterThan(0)
})

it("reads rules with sessions called like harmless words", () => {
  const words = ["of", "from", "with", "by", "subtask", "max", "then", "after", "limit", "fresh", "priority"]
  const text = `fleet:\n  base_branch: main\n  budget: { usd: 9 }\n  sessions:\n    a: { driver: claude }\n${words.map((word) => `    ${word}: { driver: claude }\n`).join("")}  start: a\n  routes: |\n${words.map((word) => `    on a.done -> ${word} max 2 after 1s\n    on ${word}.failed -> fail "no"\n`).join("")}`
  expect(compile(request(text)).diagnostics).toEqual([])
})
