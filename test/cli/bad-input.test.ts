import { randomBytes } from "node:crypto"
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { canonicalJson, hashOf, type Ir } from "#ir"
import { fleetwright } from "./command-line.ts"

const good = "fleet:\n  base_branch: main\n  sessions:\n    a: { driver: claude, permissions: allow }\n  start: a\n"
const bomb = `fleet:\n  sessions: {}\n  x-0: &a0 [x, x, x, x, x, x, x, x, x, x]\n${Array.from({ length: 12 }, (_, i) => `  x-${i + 1}: &a${i + 1} [${Array(10).fill(`*a${i}`).join(", ")}]\n`).join("")}`

describe("whatever the command line is given", { concurrent: true }, () => {
  let directory: string
  const write = (name: string, content: string | Uint8Array): void => writeFileSync(join(directory, name), content)

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "fleet-cli-"))
    write("good.yaml", good)
    write("warned.yaml", good.replace("  start:", "    orphan: { driver: claude, permissions: allow }\n  start:"))
    write("starving.yaml", good.replace("  start: a", "    b: { driver: claude, permissions: allow }\n  start: a\n  routes: on all(a.done, b.done) -> a max 1"))
    write("wrong.yaml", good.replace("start: a", "start: b"))
    write(
      "nul.yaml",
      Uint8Array.from({ length: 1000 }, (_, i) => i % 7),
    )
    write("latin1.yaml", Uint8Array.from([0x66, 0xe9, 0x0a]))
    write("large.yaml", Buffer.alloc(50_000_000, "#"))
    write("bomb.yaml", bomb)
    write("cyclic.yaml", "fleet: &a\n  sessions: *a\n  start: a\n")
    write("merged.yaml", "fleet: &a\n  <<: *a\n  start: a\n")
    write("empty.yaml", "")
    write("deep.yaml", `fleet: ${"[".repeat(20_000)}`)
    write("rules.yaml", `${good}  routes: |\n    on a.done when ${"(".repeat(20_000)}true -> complete\n`)
    write("tagged.yaml", 'fleet: !!js/function "function(){}"\n')
    write("two.yaml", "fleet: {}\n---\nfleet: {}\n")
    write("tab.yaml", "fleet:\n\tsessions: {}\n")
    write("proto.yaml", good.replace("a: {", "__proto__: {").replace("start: a", "__proto__: {}"))
    write("marked.yaml", `\uFEFF${good}`)
    write("noise.yaml", randomBytes(100_000).toString("base64"))
    write("noise.json", randomBytes(100_000))
    write("deep.json", `${"[".repeat(200_000)}${"]".repeat(200_000)}`)
    write("proto.json", '{"__proto__":{"irVersion":1},"irVersion":1}')
    mkdirSync(join(directory, "empty"))
    write("locked.yaml", good)
    chmodSync(join(directory, "locked.yaml"), 0)
    symlinkSync("circle.yaml", join(directory, "circle.yaml"))
    mkdirSync(join(directory, "folder.json"))
    write("inputs.yaml", good.replace("  start:", "  task: '${inputs.n}'\n  inputs: { n: integer }\n  start:"))
    write("local.yaml", "fleet:\n  defaults: { driver: shell, command: [echo, hi], workspace: none, permissions: allow }\n  sessions: { a: {} }\n  start: a\n")
    write("no.json", "{")
    write("other.json", "[]")
    write("script.yaml", "sessions: { a: [{ txt: hello }] }\n")
    write("cancelling.yaml", "commands: [{ at: 0s, cancel: fleet }]\n")
    write("failing.yaml", "sessions: { a: [{ fail: { kind: timeout } }] }\n")
    const compiled = await fleetwright(["compile", "good.yaml"], directory)
    expect(compiled.out).toBe(canonicalJson(JSON.parse(compiled.out)))
    write("good.json", compiled.out)
    write("edited.json", compiled.out.replace('"parallel":8', '"parallel":9'))
    const ir: Ir = JSON.parse(compiled.out)
    const forged = { ...ir, start: ["nobody"] }
    write("forged.json", JSON.stringify({ ...forged, hash: hashOf(forged) }))
    write("shape.json", compiled.out.replace('"parallel":8', '"parallel":"many"'))
  })
  afterAll(() => rmSync(directory, { recursive: true, force: true }))

  it.each([
    { args: ["check", "good.yaml"], code: 0 },
    { args: ["check", "wrong.yaml"], code: 1, says: "unknown-session" },
    { args: ["check", "warned.yaml"], code: 0, says: "unreachable-session" },
    { args: ["check", "warned.yaml", "--deny-warnings"], code: 1 },
    { args: ["check"], code: 2, says: "fleet.yaml: no such file" },
    { args: ["check", "missing.yaml"], code: 2, says: "no such file" },
    { args: ["check", "nul.yaml"], code: 2, says: "not text" },
    { args: ["check", "latin1.yaml"], code: 2, says: "not UTF-8" },
    { args: ["check", "large.yaml"], code: 2, says: "too large" },
    { args: ["check", "bomb.yaml"], code: 1 },
    { args: ["check", "cyclic.yaml"], code: 1 },
    { args: ["check", "merged.yaml"], code: 1 },
    { args: ["check", "empty.yaml"], code: 1, says: "not-a-fleet" },
    { args: ["check", "deep.yaml"], code: 1, says: "limit-exceeded" },
    { args: ["check", "rules.yaml"], code: 1, says: "limit-exceeded" },
    { args: ["check", "tagged.yaml"], code: 1, says: "yaml-syntax" },
    { args: ["check", "two.yaml"], code: 1, says: "not-a-fleet" },
    { args: ["check", "tab.yaml"], code: 1, says: "yaml-syntax" },
    { args: ["check", "proto.yaml"], code: 1, says: "__proto__" },
    { args: ["check", "marked.yaml"], code: 0 },
    { args: ["check", "good.json"], code: 1, says: "a compiled fleet (IR)" },
    { args: ["compile", "good.json"], code: 1, says: "run it with fleetwright run good.json" },
    { args: ["fmt", "good.json"], code: 1, says: "a compiled fleet (IR)" },
    { args: ["graph", "good.json"], code: 0, says: "flowchart" },
    { args: ["explain", "good.json"], code: 0, says: "starts with a" },
    { args: ["init", "/proc/none"], code: 2, says: "/proc/none: there is no such directory" },
    { args: ["check", "starving.yaml", "--scripts", "/proc/none/here"], code: 2, says: "/proc/none/here: there is no such directory" },
    { args: ["check", "noise.yaml"], code: 1, says: "not-a-fleet" },
    { args: ["check", "circle.yaml"], code: 2, says: "links lead in a circle" },
    { args: ["check", "good.yaml/x"], code: 2, says: "no such file" },
    { args: ["check", "/dev/zero"], code: 2, says: "too large" },
    { args: ["check", "empty"], code: 2, says: "no fleet in this directory" },
    { args: ["check", "--formt", "json"], code: 2, says: "did you mean --format?" },
    { args: ["check", "--format", "jsn", "good.yaml"], code: 2, says: "did you mean json?" },
    { args: ["chek"], code: 2, says: "did you mean check?" },
    { args: [], code: 2, says: "fleetwright COMMAND" },
    { args: ["constructor"], code: 2, says: "there is no command" },
    { args: ["compile", "wrong.yaml"], code: 1, says: "unknown-session" },
    { args: ["compile"], code: 2, says: "something is missing" },
    { args: ["run", "wrong.yaml", "--ephemeral"], code: 2, says: "has errors" },
    { args: ["simulate", "good.yaml"], code: 0, says: "run.ended" },
    { args: ["simulate", "good.json"], code: 0, says: "run.ended" },
    { args: ["simulate", "good.yaml", "--script", "failing.yaml"], code: 1, says: "run.ended" },
    { args: ["simulate", "good.yaml", "--script", "cancelling.yaml"], code: 1, says: "the run was cancelled: user" },
    { args: ["simulate", "good.yaml", "--script", "script.yaml"], code: 2, says: "txt" },
    { args: ["simulate", "good.yaml", "--input", "x=1"], code: 2, says: "no input" },
    { args: ["simulate", "no.json"], code: 2, says: "not JSON" },
    { args: ["simulate", "other.json"], code: 2, says: "no IR that can be run" },
    { args: ["simulate", "edited.json"], code: 2, says: "changed after it was compiled" },
    { args: ["run", "forged.json"], code: 2, says: '/start/0: there is no session "nobody"' },
    { args: ["run", "noise.json"], code: 2, says: "noise.json" },
    { args: ["run", "deep.json"], code: 2, says: "nested deeper" },
    { args: ["run", "proto.json"], code: 2, says: "/__proto__" },
    { args: ["run", "folder.json"], code: 2, says: "this is a directory" },
    { args: ["run", "local.yaml", "--events", "no/where"], code: 2, says: "no/where: there is no such directory" },
    { args: ["compile", "good.yaml", "-o", "."], code: 2, says: ".: this is a directory" },
    { args: ["compile", "good.yaml", "-o", "good.yaml/x.json"], code: 2, says: "good.yaml/x.json: there is no such directory" },
    { args: ["init", "good.yaml"], code: 2, says: "good.yaml: is there already" },
    { args: ["run", "inputs.yaml"], code: 2, says: 'input "n" is missing: expected integer' },
    { args: ["simulate", "inputs.yaml"], code: 2, says: 'input "n" is missing: expected integer' },
    { args: ["simulate", "inputs.yaml", "--input", "zzzz=1"], code: 2, says: 'the fleet has no input "zzzz"; its inputs are n' },
    { args: ["simulate", "inputs.yaml", "--input", "n=x"], code: 2, says: "--input n: expected integer" },
    { args: ["run", "shape.json"], code: 2, says: "/limits/parallel" },
    { args: ["explain", "dead-route"], code: 0, says: "# dead-route" },
    { args: ["explain", "ded-route"], code: 2, says: "did you mean dead-route?" },
    { args: ["explain", "good.yaml"], code: 0, says: "starts with a" },
    { args: ["show", "nothing"], code: 2, says: "there is no run" },
    { args: ["runs"], code: 0, says: "nothing has run here" },
    { args: ["run", "--help"], code: 0, says: "--ephemeral" },
    { args: ["--version"], code: 0, says: "." },
  ])("fleetwright $args exits with $code", async ({ args, code, says = "" }) => {
    const ran = await fleetwright(args, directory)
    expect(ran.out + ran.err).toContain(says)
    expect(ran.out + ran.err).not.toMatch(/\n\s+at .+:\d+:\d+|defect of fleetwright/)
    expect(ran.code).toBe(code)
  })

  it.skipIf(process.getuid?.() === 0)("a file that may not be read is no stack trace", async () => {
    expect(await fleetwright(["check", "locked.yaml"], directory)).toEqual({ code: 2, out: "", err: "fleetwright: locked.yaml: may not be read\n" })
  })

  it("a journal that cannot be used stops a run, unless it was said that none is needed", async () => {
    const place = join(directory, "place")
    mkdirSync(join(place, ".fleetwright"), { recursive: true })
    writeFileSync(join(place, ".fleetwright", "state.db"), "this is no database at all")
    for (const args of [["runs"], ["show", "x"], ["run", "../local.yaml"]]) {
      const refused = await fleetwright(args, place)
      expect(refused).toMatchObject({ code: 2, err: expect.stringContaining("file is not a database") })
    }
    const ran = await fleetwright(["run", "../local.yaml", "--journal", "best-effort"], place)
    expect(ran).toMatchObject({ code: 0, err: expect.stringContaining("goes on without a journal") })
  })

  it("prints diagnostics that machines read, and nothing else, on standard output", async () => {
    const json = await fleetwright(["check", "wrong.yaml", "--format", "json"], directory)
    const unknown = { code: "unknown-session", severity: "error", range: { start: { line: 5, column: 10 } } }
    expect(JSON.parse(json.out).diagnostics).toContainEqual(
      expect.objectContaining({ ...unknown, range: expect.objectContaining({ start: expect.objectContaining(unknown.range.start) }) }),
    )
    const sarif = await fleetwright(["check", "wrong.yaml", "--format", "sarif"], directory)
    expect(JSON.parse(sarif.out).version).toBe("2.1.0")
    const github = await fleetwright(["check", "wrong.yaml", "--format", "github"], directory)
    expect(github.out).toMatch(/^::error file=wrong\.yaml,line=5/m)
  })
})
