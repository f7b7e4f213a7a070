/** The verifier believes nothing of what the compiler says of expressions: whatever is wrong with one of them, it is refused. */
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { compile } from "../../../compiler/index.ts"
import { verifyIr, type Expr, type Ir } from "#ir"
import { decodeIr } from "#ir/decode.ts"
import { planted } from "../check/planted.ts"
import { mutantsOf } from "./mutants.ts"
import { seal } from "./sample-ir.ts"

const compiled = (text: string): Ir => {
  const { ir, diagnostics } = compile({ file: "fleet.yaml", text, files: () => undefined })
  if (ir === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"))
  return ir
}
const golden = (name: string): string => readFileSync(new URL(`golden/${name}.yaml`, import.meta.url), "utf8")

const refused = (ir: Ir): ReadonlyArray<string> => {
  const decoded = decodeIr(JSON.parse(JSON.stringify(seal(ir))))
  return decoded.ok ? verifyIr(decoded.ir).map(({ path }) => path) : decoded.problems.map(({ path }) => path)
}

const rich = compiled(planted([], "block").text)

describe.each([
  ["a fleet of everything", rich, "doc"],
  ["the review loop", compiled(golden("review-loop")), "worker"],
  ["types", compiled(golden("types")), "none-declares-none"],
  ["people", compiled(golden("people")), "none-declares-none"],
] as const)("%s", (_, ir, bare) => {
  it("is taken as it was compiled", () => expect(refused(ir)).toEqual([]))

  it("is refused with anything wrong in any expression, at that expression", () => {
    const mutants = mutantsOf(ir, bare)
    expect(mutants.length).toBeGreaterThan(10)
    const taken = mutants.filter((mutant) => !refused(mutant.ir).some((path) => path.startsWith(mutant.path)))
    expect(taken.map(({ path, what }) => `${path}: ${what}`)).toEqual([])
  })
})

describe("what may be absent", () => {
  const output = (session: string, field: string): Expr => ({ op: "member", object: { op: "session", session, property: "output" }, field, safe: false })
  const told = (value: Expr): Expr => ({ op: "template", parts: [value] })
  const withNotice = (rule: number, text: Expr): Ir => ({
    ...rich,
    rules: rich.rules.map((each, at) =>
      at === rule ? { ...each, cases: [{ action: { kind: "notify", text: { expr: text, type: { kind: "string" } } } }] } : each,
    ),
  })
  const ruleOn = (session: string): number =>
    rich.rules.findIndex(
      ({ join }) => join.kind === "event" && join.event.source === "session" && join.event.session === session && join.event.event === "done",
    )
  it.each<readonly [string, Ir, boolean]>([
    ["the output of a session that has finished", withNotice(ruleOn("review"), told(output("review", "verdict"))), true],
    ["that of one that must have finished before", withNotice(ruleOn("audit"), told(output("review", "verdict"))), true],
    ["that of one that comes later", withNotice(ruleOn("lead"), told(output("review", "verdict"))), false],
    ["a field that is optional", withNotice(ruleOn("review"), told(output("review", "notes"))), false],
    [
      "the error of a session that is done",
      withNotice(ruleOn("review"), told({ op: "member", object: { op: "session", session: "review", property: "error" }, field: "kind", safe: false })),
      false,
    ],
    ["an instance where all of them are meant", withNotice(ruleOn("review"), told({ op: "session", session: "worker", property: "text" })), false],
  ])("%s", (_, ir, isTaken) => expect(refused({ ...ir, claims: { joins: [] } }).length === 0).toBe(isTaken))
})
