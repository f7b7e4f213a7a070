/** Models that route: what they decided is in the journal and is not asked again; a cancellation waits for none of them. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it, vi } from "vitest"
import * as Effect from "effect/Effect"
import type { Ir, Json } from "#ir"
import type { RoutingAction } from "#sdk"
import { builtinRouters } from "#plugins"
import { replayRun } from "../../../runtime/engine/replay-run.ts"
import { resumeRun } from "../../../runtime/engine/resume-run.ts"
import type { AnyRouting } from "../../../runtime/engine/run.ts"
import { startFleet } from "../../../runtime/engine/start-fleet.ts"
import { startRun } from "../../../runtime/engine/start-run.ts"
import { JournalError, type JournalShape } from "../../../runtime/journal/journal.ts"
import { makeMemoryJournal } from "../../../runtime/journal/memory.ts"
import { fleet, followUp, loggedWorkspaces, saysOk, session } from "./fleet.ts"

const routed = (use: "llm" | "hybrid", config: Json = {}, rules: Ir["rules"] = []): Ir => {
  const base = fleet([session("a"), session("b"), session("c")], rules)
  return { ...base, mode: { use, with: config }, sessions: base.sessions.map((one) => ({ ...one, effect: "pure" as const })) }
}

/** `a` is followed by `b`, and `b` by nothing. */
const model = (asked: Array<string>): AnyRouting => ({
  decide: async ({ session: id }): Promise<ReadonlyArray<RoutingAction>> => {
    asked.push(id)
    return id === "a" ? [{ send: "b" }] : []
  },
})

const dying = (journal: JournalShape, appends: { left: number }): JournalShape => ({
  ...journal,
  append: (...args) => (appends.left-- > 0 ? journal.append(...args) : Effect.fail(new JournalError({ reason: "io", message: "killed" }))),
})

const surroundings = { drivers: { fake: saysOk }, workspaces: { none: loggedWorkspaces([]) }, env: {} }

describe("a run that a model routes and whose process dies", () => {
  for (const use of ["llm", "hybrid"] as const)
    it(`asks ${use} again for nothing that it had written down, whenever that is`, async () => {
      const decidedBefore: Array<number> = []
      for (let left = 0; left < 16; left++) {
        const journal = makeMemoryJournal()
        const first: Array<string> = []
        const ir = use === "llm" ? routed(use) : routed(use, {}, [followUp(1, "b", "c")])
        const died = await Effect.runPromise(
          Effect.scoped(
            Effect.flatMap(
              startRun({ ir, run: "r", ...surroundings, routers: { [use]: model(first) }, journal: dying(journal, { left }), root: "/" }),
              (handle) => handle.result,
            ),
          ),
        )
        const kept = (await Effect.runPromise(journal.read("r"))).flatMap(({ fact }) => (fact.type === "plugin.routed" ? [fact] : []))
        decidedBefore.push(kept.length)
        if (died.status === "succeeded") continue
        const again: Array<string> = []
        const end = await Effect.runPromise(
          Effect.scoped(Effect.flatMap(resumeRun({ run: "r", ...surroundings, routers: { [use]: model(again) }, journal }), (handle) => handle.result)),
        )
        // `b` is asked about by llm alone: hybrid has a rule for it, and asks about `c`
        const all = use === "llm" ? ["a", "b"] : ["a", "c"]
        expect([left, end.status, again]).toEqual([left, "succeeded", all.slice(kept.length)])
        const told = (await Effect.runPromise(journal.read("r"))).flatMap(({ events }) => events)
        expect(told.flatMap((event) => (event.type === "session.done" ? [event.session] : []))).toEqual(use === "llm" ? ["a", "b"] : ["a", "b", "c"])
        const before = again.length
        expect((await Effect.runPromise(replayRun(journal, "r"))).difference).toBeUndefined()
        expect(again).toHaveLength(before)
      }
      expect(new Set(decidedBefore)).toEqual(new Set([0, 1, 2]))
    })
})

describe("a run of which a model begins dynamic sessions and whose process dies", () => {
  it("has as many of them afterwards as the model began, and no place is given twice", async () => {
    const base = routed("llm")
    const ir: Ir = { ...base, sessions: base.sessions.map((one) => (one.id === "c" ? { ...one, instances: true, dynamic: 2 } : one)) }
    const router: AnyRouting = {
      decide: async ({ session: id, view }) => (id === "a" ? view.dynamic.map((one) => ({ send: one.id })) : id === "c[0]" ? [{ send: "c" }] : []),
    }
    const drive = { ...surroundings, routers: { llm: router } }
    let died = 0
    for (let left = 1; left < 16; left++) {
      const journal = makeMemoryJournal()
      const first = startRun({ ir, run: "r", ...drive, journal: dying(journal, { left }), root: "/" })
      const { status } = await Effect.runPromise(Effect.scoped(Effect.flatMap(first, (handle) => handle.result)))
      if (status !== "succeeded") {
        died += 1
        const end = await Effect.runPromise(Effect.scoped(Effect.flatMap(resumeRun({ run: "r", ...drive, journal }), (handle) => handle.result)))
        expect([left, end.status]).toEqual([left, "succeeded"])
      }
      const told = (await Effect.runPromise(journal.read("r"))).flatMap(({ events }) => events)
      expect(told.flatMap((event) => (event.type === "session.done" ? [event.session] : []))).toEqual(["a", "c[0]", "c[1]"])
    }
    expect(died).toBeGreaterThan(5)
  })
})

it("programs of several questions at once let each other be", async () => {
  const base = routed("llm", { command: ["sh", "-c", 'test "$(tail -n 1)" = b && sleep 0.4; echo "{}"'] })
  const run = await startFleet(
    { ...base, start: ["a", "b"] },
    { ...surroundings, env: { PATH: process.env["PATH"] ?? "" }, routers: builtinRouters, journal: makeMemoryJournal(), root: tmpdir() },
  )
  const { status, reason } = await run.result
  await run.close()
  expect([status, reason]).toEqual(["succeeded", undefined])
})

describe("a cancellation while a model is asked", () => {
  const cancelled = async (config: Json, asked: Promise<unknown>) => {
    const journal = makeMemoryJournal()
    const run = await startFleet(routed("llm", config), {
      run: "r",
      ...surroundings,
      env: { PATH: process.env["PATH"] ?? "" },
      routers: builtinRouters,
      journal,
      root: tmpdir(),
    })
    await asked
    await run.send({ type: "cancel", target: { kind: "fleet" }, reason: { code: "user" } })
    const { status } = await run.result
    await run.close()
    const facts = (await Effect.runPromise(journal.read("r"))).map(({ fact }) => fact.type)
    return { status, facts }
  }

  it("ends the run before the model says anything, and leaves its program no time", async () => {
    const folder = mkdtempSync(join(tmpdir(), "model-"))
    const note = join(folder, "pid")
    const script = `process.on("SIGTERM", () => {}); require("node:fs").writeFileSync(${JSON.stringify(note)}, String(process.pid)); setInterval(() => {}, 1000)`
    const pid = (): number => Number(readFileSync(note, "utf8"))
    const asked = vi.waitFor(() => expect(pid()).toBeGreaterThan(0), { timeout: 10_000 })
    const { status, facts } = await cancelled({ command: [process.execPath, "-e", script] }, asked)
    expect([status, facts.includes("plugin.routed")]).toEqual(["cancelled", false])
    await vi.waitFor(() => expect(() => process.kill(pid(), 0)).toThrow("ESRCH"), { timeout: 10_000 })
    rmSync(folder, { recursive: true })
  })

  it("hangs up on its endpoint", async () => {
    const heard = Promise.withResolvers<void>()
    const gone = Promise.withResolvers<boolean>()
    const server = createServer((_, response) => {
      response.on("close", () => gone.resolve(response.writableFinished))
      heard.resolve()
    })
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening))
    const { status, facts } = await cancelled({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }, heard.promise)
    expect([status, facts.includes("plugin.routed"), await gone.promise]).toEqual(["cancelled", false, false])
    server.close()
  })
})
