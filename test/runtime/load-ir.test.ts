import { describe, expect, it } from "vitest"
import { canonicalJson, hashOf, type Ir } from "#ir"
import { compile } from "#compiler"
import { loadIr } from "../../runtime/load-ir.ts"

const text = `fleet:
  base_branch: main
  task: "go"
  sessions:
    a: { driver: claude, permissions: allow }
    b: { driver: claude, permissions: allow }
  start: a
  routes: |
    on a.done -> b with "\${a.text}"
`

const compiled = (): Ir => {
  const { ir } = compile({ file: "fleet.yaml", text, files: () => undefined })
  if (ir === undefined) throw new Error("the fleet of this test does not compile")
  return ir
}

const rehashed = (ir: Ir): Ir => ({ ...ir, hash: hashOf(ir) })

describe("IR from outside", () => {
  it("is taken as the compiler wrote it", () => {
    const ir = compiled()
    expect(loadIr(JSON.parse(canonicalJson(ir)))).toEqual({ ok: true, ir })
  })

  const edits: ReadonlyArray<readonly [string, (ir: Ir) => unknown, string]> = [
    ["of another shape", (ir) => ({ ...ir, limits: { parallel: "many" } }), "/limits/parallel"],
    ["with a key too many", (ir) => ({ ...ir, surprise: 1 }), "/surprise"],
    ["changed under its hash", (ir) => ({ ...ir, limits: { parallel: 9 } }), "/hash"],
    ["that starts a session it has not", (ir) => rehashed({ ...ir, start: ["c"] }), "/start/0"],
    ["with a session twice", (ir) => rehashed({ ...ir, sessions: [...ir.sessions, ...ir.sessions.slice(0, 1)] }), "/sessions/2"],
    [
      "with a schema that cannot be checked",
      (ir) => rehashed({ ...ir, sessions: ir.sessions.map((session) => ({ ...session, output: { type: { kind: "json" }, schema: { minimun: 1 } } })) }),
      "/sessions/0/output/schema/minimun",
    ],
    ["that uses a plugin it does not name", (ir) => rehashed({ ...ir, plugins: [] }), "/sessions/0/driver/use"],
  ]
  it.each(edits)("%s is refused", (_, edit, path) => {
    const loaded = loadIr(JSON.parse(JSON.stringify(edit(compiled()))))
    expect(loaded.ok ? [] : loaded.problems.map((problem) => problem.path)).toContain(path)
  })

  it.each([null, 3, "x", [], {}])("%j is refused", (value) => {
    expect(loadIr(value).ok).toBe(false)
  })
})
