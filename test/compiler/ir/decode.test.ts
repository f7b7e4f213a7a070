import { describe, expect, it } from "vitest"
import { canonicalJson, type Expr } from "#ir"
import { decodeIr, irJsonSchema } from "#ir/decode.ts"
import { approved, sampleIr, seal } from "./sample-ir.ts"

const plain = (): Record<string, unknown> => JSON.parse(canonicalJson(sampleIr)) as Record<string, unknown>

describe("decoding", () => {
  it("gives back what was written", () => {
    const decoded = decodeIr(plain())
    expect(decoded.ok ? canonicalJson(decoded.ir) : decoded.problems).toBe(canonicalJson(sampleIr))
  })

  it.each([
    ["a key too many", { extra: 1 }, "/extra"],
    ["another version", { irVersion: 2 }, "/irVersion"],
    ["a bound below one", { limits: { parallel: 0 } }, "/limits/parallel"],
    ["an unknown action", { rules: [{ id: "r1", join: { kind: "any", of: [] }, cases: [{ action: { kind: "shell" } }] }] }, "/rules/0/cases/0/action"],
  ])("refuses %s", (_, change, path) => {
    const decoded = decodeIr({ ...plain(), ...change })
    expect(decoded.ok ? [] : decoded.problems.map((problem) => problem.path)).toEqual([expect.stringContaining(path)])
  })

  it("takes the deepest expression the language allows and refuses one that is deeper, without a crash", () => {
    const nested = (depth: number): Expr => Array.from({ length: depth }).reduce<Expr>((operand) => ({ op: "not", operand }), approved)
    const withLet = (depth: number) => seal({ ...sampleIr, lets: [{ name: "deep", value: { expr: nested(depth), type: { kind: "boolean" } } }] })
    expect(decodeIr(withLet(564)).ok).toBe(true)
    expect(decodeIr({ lets: nested(2000) })).toMatchObject({ ok: false, problems: [{ message: expect.stringContaining("deeper") }] })
  })

  it("exports a JSON Schema that closes its objects", () => {
    expect(irJsonSchema()).toMatchObject({ type: "object", additionalProperties: false, required: expect.arrayContaining(["irVersion", "rules"]) })
  })
})
