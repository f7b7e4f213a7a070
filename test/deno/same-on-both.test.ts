/** One fleet, one IR, two runtimes: the same bytes, the same events. What Deno grants is in the name of each test. */
import { execFileSync, spawnSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { denoBinary, onDeno, onNode, reading, root, type Ran } from "./both-runtimes.ts"

const cli = "cli/main.ts"

/** What each command can do with, where the fleet is in the current directory. */
const permissions = { check: reading, compile: reading, simulate: reading, run: ["--allow-read=.", "--allow-write=.", "--allow-env", "--allow-run"] }

const script = `
sessions:
  plan: [{ text: the plan, after: 10s, cost_usd: 0.1, tokens: 7 }]
  north: [{ text: cold, after: 3s }]
  editor: [{ text: one }, { text: two, after: 1m }]
  critic: [{ output: { verdict: changes, notes: "äöü \\u2028 😀" } }, { output: { verdict: approve, notes: fine } }]
commands:
  - { at: 1s, pause: a break }
  - { at: 5s, resume: true }
`

type Event = { readonly type: string; readonly session?: string; readonly rule?: string } & { readonly [field: string]: unknown }

/** Events without what differs from run to run: ids, times, places. */
const normal = (ndjson: string, repository: string): ReadonlyArray<Event> => {
  const lines = ndjson.trim().split("\n")
  const { run }: { readonly run: string } = JSON.parse(lines[0] ?? "{}")
  return lines.map((line) => {
    const { seq: _seq, at: _at, ...event } = JSON.parse(line.replaceAll(run, "RUN").replaceAll(repository, "ROOT"))
    return event
  })
}

/** Two writers work at once, so only the order of what one session or rule does is the same every time. */
const byOwner = (events: ReadonlyArray<Event>): { readonly [owner: string]: ReadonlyArray<Event> } =>
  Object.fromEntries([...Map.groupBy(events, ({ session, rule, type }) => session ?? rule ?? type)].sort(([a], [b]) => (a < b ? -1 : 1)))

describe("on Node and on Deno", { timeout: 120_000 }, () => {
  let home: string

  beforeAll(() => {
    home = realpathSync(mkdtempSync(join(tmpdir(), "fleet-deno-")))
    cpSync(join(root, "examples/hello/fleet.yaml"), join(home, "fleet.yaml"))
    writeFileSync(join(home, "script.yaml"), script)
    writeFileSync(join(home, "fleet.json"), onNode(home, cli, "compile", "fleet.yaml").out)
  }, 120_000)

  afterAll(() => rmSync(home, { recursive: true, force: true }))

  const repository = (name: string): string => {
    const place = join(home, name)
    mkdirSync(place)
    const git = (...args: ReadonlyArray<string>) => execFileSync("git", ["-c", "user.name=test", "-c", "user.email=test@example.org", ...args], { cwd: place })
    git("init", "-q", "-b", "main")
    cpSync(join(home, "fleet.json"), join(place, "fleet.json"))
    git("add", ".")
    git("commit", "-q", "-m", "start")
    return place
  }

  const same = (command: "check" | "compile" | "simulate", ...args: ReadonlyArray<string>): Ran => {
    const here = onNode(home, cli, command, ...args)
    expect(onDeno(home, permissions[command], cli, command, ...args)).toEqual(here)
    return here
  }

  it("the README tells the permissions that are enough here", () => {
    const readme = readFileSync(join(root, "README.md"), "utf8")
    for (const given of Object.values(permissions)) expect(readme).toContain(`| \`${given.join(" ")}\` |`)
  })

  it("the README's example works as it is written", () => {
    const place = repository("readme")
    cpSync(join(root, "examples/hello"), join(place, "examples/hello"), { recursive: true })
    rmSync(join(place, "fleet.json"))
    const example = /```sh\n(deno .*?)```/su.exec(readFileSync(join(root, "README.md"), "utf8").split("## On Deno")[1] ?? "")?.[1] ?? ""
    const lines = example.trim().split("\n")
    expect(lines.map((line) => / cli\/main\.ts (\w+) /u.exec(line)?.[1])).toEqual(["compile", "run"])
    for (const line of lines) {
      const [deno, command, ...args] = line.replace("cli/main.ts", join(root, cli)).split(" ")
      expect([deno, command]).toEqual(["deno", "run"])
      const { status, stdout, stderr } = spawnSync(denoBinary, ["run", "--no-prompt", ...args], { cwd: place, encoding: "utf8", input: "" })
      expect([line, status, stderr]).toEqual([line, 0, expect.any(String)])
      expect(stdout).toMatch(line.includes(" compile ") ? /^$/u : /succeeded/u)
    }
  })

  it(`check says the same (${permissions.check.join(" ")})`, () => {
    expect(same("check", "fleet.yaml").code).toBe(0)
    writeFileSync(join(home, "bad.yaml"), readFileSync(join(home, "fleet.yaml"), "utf8").replace("start: plan", "start: plam"))
    const { code, out } = same("check", "bad.yaml", "--format", "json")
    expect([code, out]).toEqual([1, expect.stringContaining('"unknown-session"')])
  })

  it(`compile writes the same bytes (${permissions.compile.join(" ")})`, () => {
    expect(same("compile", "fleet.yaml").out).toContain('"irVersion":1,')
  })

  it(`simulate prints the same bytes (${permissions.simulate.join(" ")})`, () => {
    const { out } = same("simulate", "fleet.json", "--script", "script.yaml")
    expect(normal(out, home).at(-1)).toMatchObject({ type: "run.ended" })
    expect(normal(out, home).length).toBeGreaterThan(20)
  })

  it(`run gives the same events, from the command line and from a program (${permissions.run.join(" ")})`, () => {
    const [node, deno, program] = [repository("node"), repository("deno"), repository("program")]
    const args = ["run", "fleet.json", "--headless", "--events", "-"]
    const here = onNode(node, cli, ...args)
    const there = onDeno(deno, permissions.run, cli, ...args)
    const itself = onDeno(program, ["--config", join(root, "deno.json"), ...permissions.run], "examples/hello/run.ts", "fleet.json")
    expect([here.code, there.code, itself.code], there.err + itself.err).toEqual([0, 0, 0])
    const expected = byOwner(normal(here.out, node))
    expect(Object.keys(expected)).toEqual(expect.arrayContaining(["critic", "editor", "north", "plan", "run.ended", "run.started", "south"]))
    expect(byOwner(normal(there.out, deno))).toEqual(expected)
    expect(byOwner(normal(itself.out, program))).toEqual(expected)
  })

  it("a module that has no file runs a compiled fleet: it comes on standard input, and the fleet is imported", () => {
    const source = `
import fleet from ${JSON.stringify(pathToFileURL(join(home, "quiet.json")).href)} with { type: "json" }
import { loadIr, makeMemoryJournal, startFleet } from "fleetwright/runtime"
import { builtinDrivers, builtinWorkspaces } from "fleetwright/runtime"
const loaded = loadIr(fleet)
if (!loaded.ok) throw new Error("no IR")
const run = await startFleet(loaded.ir, { drivers: builtinDrivers, workspaces: builtinWorkspaces, journal: makeMemoryJournal(), root: ${JSON.stringify(home)} })
const { status } = await run.result
await run.close()
console.log(status)
`
    writeFileSync(
      join(home, "quiet.yaml"),
      "fleet:\n  workspace: none\n  sessions: { a: { driver: scripted }, b: { driver: scripted } }\n  start: a\n  routes: on a.done -> b\n",
    )
    writeFileSync(join(home, "quiet.json"), onNode(home, cli, "compile", "quiet.yaml").out)
    const args = ["run", "--no-prompt", "--config", join(root, "deno.json"), `--allow-read=${home},${root}`, "--allow-env", "-"]
    const { status, stdout, stderr } = spawnSync(denoBinary, args, { cwd: root, encoding: "utf8", input: source, env: { ...process.env, NO_COLOR: "1" } })
    expect([status, stdout], stderr).toEqual([0, "succeeded\n"])
  })

  it.each([
    { given: [], missing: "read" },
    { given: ["--allow-read=."], missing: "env" },
    { given: ["--allow-read=.", "--allow-write=.", "--allow-env"], missing: "run" },
  ])("says before it starts which permission is missing: $missing", ({ given, missing }) => {
    const ran = onDeno(repository(`without-${missing}`), given, cli, "run", "fleet.json", "--ephemeral", "--headless")
    expect([ran.code, ran.out + ran.err]).toEqual([2, expect.stringContaining(`Requires ${missing} access`)])
    expect(ran.out + ran.err).not.toMatch(/^ +at /mu)
  })
})
