import { describe, expect, it } from "vitest"
import { compile } from "#compiler"
import type { Json } from "#ir"
import { makeScripted, readScript } from "#plugins"
import { simulate } from "#runtime"

const fleet = (output: string): string => `fleet:
  base_branch: main
  task: go
  sessions:
    a:
      driver: claude
      permissions: allow
      output: ${output}
  start: a
`

const files: { readonly [path: string]: string } = {
  "./verdict.json": JSON.stringify({ type: "object", required: ["never"], $defs: { ok: { type: "integer", maximum: 10 }, via: { $ref: "#/$defs/ok" } } }),
  "./broken.json": JSON.stringify({ properties: { score: { maximum: { $ref: "#" } } } }),
  "./plain.json": JSON.stringify({ type: "integer", minimum: 1 }),
}
const compiled = (output: string) => compile({ file: "fleet.yaml", text: fleet(output), files: (path) => files[path] })

describe("the schema of an input", () => {
  const withInput = (input: string) =>
    compile({
      file: "fleet.yaml",
      text: fleet("json").replace("  start:", `  inputs:\n    n: ${input}\n  task: "\${inputs.n}"\n  start:`).replace("  task: go\n", ""),
      files: (path) => files[path],
    })

  it("is kept, and a default has to fit it", () => {
    expect(withInput("{ type: { type: integer, maximum: 3 }, default: 3 }").ir?.inputs).toEqual([
      { name: "n", type: { kind: "integer" }, schema: { type: "integer", maximum: 3 }, default: 3 },
    ])
    expect(withInput("{ type: { type: integer, maximum: 3 }, default: 4 }").diagnostics).toContainEqual(
      expect.objectContaining({ code: "type-mismatch", help: "expected at most 3, found 4" }),
    )
    expect(withInput("{ type: { $ref: ./broken.json } }").diagnostics).toContainEqual(expect.objectContaining({ code: "invalid-type" }))
    expect(withInput("integer").ir?.inputs).toEqual([{ name: "n", type: { kind: "integer" } }])
  })
})

describe("the schema of an output", () => {
  it.each([
    ["{ type: integer, minimum: 0, maximum: many }", 8, "many"],
    ["{ type: object, properties: { a: { type: string, pattern: '(' } } }", 8, "pattern"],
    ["{ type: object, unevaluatedProperties: false }", 8, "unevaluatedProperties"],
    ["{ type: object, propertis: { a: { type: string } } }", 8, "propertis"],
    ["{ score: { type: array, items: { format: hostname } } }", 8, "format"],
    ["{ $ref: './broken.json' }", 8, "./broken.json"],
    ["{ $ref: './verdict.json#/$defs/none' }", 8, "./verdict.json"],
  ])("%s is refused where it is wrong", (output, line, at) => {
    const text = fleet(output)
    const found = compiled(output).diagnostics.filter(({ code }) => code === "invalid-type")
    expect(found.length).toBeGreaterThan(0)
    const span = found[0]?.span
    expect(text.slice(0, span?.start).split("\n").length).toBe(line)
    expect(text.slice(span?.start, span?.end)).toContain(at === "many" ? "maximum" : at)
  })

  const answers: ReadonlyArray<readonly [string, Json, Json]> = [
    ["{ type: integer, minimum: 0, maximum: 10 }", 10, 11],
    ["{ score: { type: integer, minimum: 0 }, note: string? }", { score: 0, note: null }, { score: -1 }],
    ["{ wait: duration, of: [ { type: string, minLength: 2 } ] }", { wait: 5, of: ["ab"] }, { wait: 5, of: ["ab", "a"] }],
    ["{ list: { type: array, items: { $ref: '#/$defs/even' }, $defs: { even: { multipleOf: 2 } } } }", { list: [2, 4] }, { list: [2, 3] }],
    ["{ $ref: './plain.json' }", 1, 0],
    ["{ $ref: './verdict.json#/$defs/via' }", 10, 11],
    ["{ type: object, patternProperties: { '^n': { type: number } }, additionalProperties: false }", { n1: 1 }, { m: 1 }],
    ["{ type: array, prefixItems: [ { type: string } ], items: { type: integer } }", ["a", 1], [1, 1]],
  ]
  it.each(answers)("%s takes %j and not %j", async (output, good, bad) => {
    const { ir, diagnostics } = compiled(output)
    expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([])
    if (ir === undefined) throw new Error("it does not compile")
    const played = async (...outputs: ReadonlyArray<Json>) => {
      const script = readScript({ a: outputs.map((one) => ({ output: one })) })
      if (!script.ok) throw new Error(script.problems.join("; "))
      return simulate(ir, { driver: makeScripted(script.script) })
    }
    expect((await played(good)).result.status).toBe("succeeded")
    const mended = await played(bad, good)
    expect(mended.result.status).toBe("succeeded")
    expect(mended.events.filter(({ type }) => type === "turn.started")).toHaveLength(2)
    const failed = (await played(bad, bad)).events.find(({ type }) => type === "session.failed")
    expect(failed).toMatchObject({ error: { kind: "output_invalid" } })
  })
})
