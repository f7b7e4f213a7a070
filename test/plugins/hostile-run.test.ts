/** Runs with hostile plugins: what was asked of them fails, the other sessions do their work, and the run ends as it should. */
import { spawn } from "node:child_process"
import { copyFileSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest"
import type { Ir } from "#ir"
import { findsMarks, markedProcesses } from "#sdk"
import { compileFile, simulate, startFleet } from "../../library/index.ts"
import { loadRegistry } from "../../library/runtime.ts"

let folder = ""
let fleets = 0
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "hostile-")))
  copyFileSync(fileURLToPath(new URL("hostile.mjs", import.meta.url)), join(folder, "hostile.mjs"))
  // what they did is told there
  vi.spyOn(process.stderr, "write").mockImplementation(() => true)
})
afterAll(() => {
  vi.restoreAllMocks()
  rmSync(folder, { recursive: true, force: true })
})

const header = "fleet:\n  workspace: none\n  task: go\n  permissions: allow\n  budget: { wall: 1m }\n  plugins: [./hostile.mjs]\n"
const good = "b: { driver: shell, command: [echo, fine] }"

const compiled = async (text: string): Promise<Ir> => {
  const path = join(folder, `fleet-${++fleets}.yaml`)
  writeFileSync(path, text)
  const { ir, diagnostics } = await compileFile(path)
  if (ir === undefined) throw new Error(JSON.stringify(diagnostics))
  return ir
}

interface Case {
  readonly what: string
  /** Of the fleet besides its header. */
  readonly fleet: string
  readonly status: "succeeded" | "failed"
  /** How session `a`, or its route, failed. */
  readonly error?: string
}

const shell = "a: { driver: shell, command: [echo, first] }"
const driven = (at: string, what: string): string => `  sessions: { a: { driver: hostile, at: ${at}, what: ${what} }, ${good} }\n  start: [a, b]\n`
const routed = (what: string): string =>
  `  sessions: { ${shell}, ${good} }\n  start: [a, b]\n  routes: 'on a.done -> use hostile { at: "decide", what: "${what}" }'\n`
const policed = (what: string): string =>
  `  sessions: { a: { driver: shell, command: [echo, first], policies: [{ use: hostile, with: { at: decide, what: ${what} } }] }, ${good} }\n  start: [a, b]\n`
const sunk = (at: string, what: string): string =>
  `  sinks: [{ use: hostile, with: { at: ${at}, what: ${what} } }]\n  sessions: { ${shell}, ${good} }\n  start: [a, b]\n`
const placed = (at: string, what: string): string =>
  `  sessions: { a: { driver: shell, command: [echo, first], workspace: { use: hostile, with: { at: ${at}, what: ${what} } } }, ${good} }\n  start: [a, b]\n`

const cases: ReadonlyArray<Case> = [
  {
    what: "a router that blocks",
    fleet: routed("spin"),
    status: "failed",
    error: 'routing plugin "hostile" (decide, session "a"): it takes longer than 0.3 s',
  },
  {
    what: "a router that ends its thread",
    fleet: routed("exit"),
    status: "failed",
    error: 'it ends its thread, as process.exit does (decide for session "a")',
  },
  { what: "a policy that blocks", fleet: policed("spin"), status: "failed", error: "it takes longer than 300 ms" },
  { what: "a policy that ends its thread", fleet: policed("exit"), status: "failed", error: 'policy "hostile" denies' },
  { what: "a sink that blocks", fleet: sunk("write", "spin"), status: "succeeded" },
  { what: "a sink that ends its thread", fleet: sunk("write", "exit"), status: "succeeded" },
  { what: "a sink that throws in a timer", fleet: sunk("write", "timer"), status: "succeeded" },
  { what: "a sink that ends its thread when it is closed", fleet: sunk("close", "exit"), status: "succeeded" },
  { what: "a workspace that ends its thread", fleet: placed("acquire", "exit"), status: "failed", error: 'workspace "hostile" (acquire, session "a")' },
  { what: "a workspace that ends its thread at a commit", fleet: placed("snapshot", "exit"), status: "failed", error: "it ends its thread" },
  { what: "a driver that ends its thread", fleet: driven("events", "exit"), status: "failed", error: "it ends its thread" },
  { what: "a driver that ends its thread on the way out", fleet: driven("close", "exit"), status: "succeeded" },
  { what: "a driver that leaves its agent alone", fleet: driven("open", "leave"), status: "failed", error: 'open for session "a"' },
]

describe("a run with", () => {
  it.concurrent.each(cases)("$what", async ({ fleet: text, status, error }) => {
    const fleet = await startFleet(await compiled(header + text), { root: folder })
    const texts: Array<string> = []
    for await (const event of fleet.events) {
      if (event.type === "turn.done" && event.session === "b") texts.push("b")
      if (event.type === "route.failed" || (event.type === "session.failed" && event.session === "a")) texts.push(event.error.message)
    }
    const result = await fleet.result
    expect([result.status, texts]).toEqual([status, expect.arrayContaining(["b"])])
    expect(result.sessions.find(({ id }) => id === "b")?.status).toBe("done")
    if (error === undefined) expect(texts).toEqual(["b"])
    else expect(texts.join("\n")).toContain(error)
    if (findsMarks) expect(markedProcesses(result.run)).toEqual([])
    await fleet.close()
  })

  it("one that stops a run before it starts says so", async () => {
    const ir = await compiled(header + placed("check", "exit"))
    await expect(startFleet(ir, { root: folder })).rejects.toThrow('workspace "hostile" (check): plugin ./hostile.mjs: it ends its thread')
  })
})

describe("a simulation", () => {
  const simulated = async (text: string) => {
    const ir = await compiled(header + text)
    const loaded = await loadRegistry(ir, folder)
    if (!loaded.ok) throw new Error(loaded.problems.join("\n"))
    const { policies, routers } = loaded.registry
    const { result, events } = await simulate(ir, { policies, routers })
    loaded.close()
    return { status: result.status, said: JSON.stringify(events) }
  }

  it("waits for plugins, which live in the real world", async () => {
    expect(await simulated(policed("slow"))).toMatchObject({ status: "succeeded", said: expect.stringContaining('"asked 1"') })
    expect(await simulated(routed("slow"))).toMatchObject({ status: "succeeded" })
  })

  it("does not wait for ever", async () => {
    expect(await simulated(policed("spin"))).toMatchObject({ status: "failed", said: expect.stringContaining("it takes longer than 300 ms") })
    expect(await simulated(routed("hang"))).toMatchObject({ status: "failed", said: expect.stringContaining("it takes longer than 0.3 s") })
  })
})

describe("a program", () => {
  it("ends by itself once its runs are over, however its plugins behave, and starts as many as it likes", async () => {
    await compiled(header + sunk("write", "spin"))
    const library = pathToFileURL(fileURLToPath(new URL("../../library/index.ts", import.meta.url))).href
    writeFileSync(
      join(folder, "program.mjs"),
      `import { compileFile, startFleet } from ${JSON.stringify(library)}
const { ir } = await compileFile("fleet-${fleets}.yaml")
for (let run = 0; run < 2; run++) console.log((await (await startFleet(ir)).result).status)
`,
    )
    const child = spawn(
      process.execPath,
      [...("deno" in process.versions ? ["run", "-A", "--config", fileURLToPath(new URL("../../deno.json", import.meta.url))] : []), "program.mjs"],
      {
        cwd: folder,
        stdio: ["ignore", "pipe", "ignore"],
      },
    )
    let out = ""
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      out += text
    })
    await new Promise((ended) => child.once("close", ended))
    expect([child.exitCode, out]).toEqual([0, "succeeded\nsucceeded\n"])
  })
})
