/** Two turns that take long are compared while they run, and nobody looks all the time. */
import { describe, expect, it } from "vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import type { Workspace } from "#sdk"
import { makeClashWatch } from "../../../runtime/engine/clash-watch.ts"
import type { AnyWorkspaceProvider } from "../../../runtime/engine/run.ts"
import { startRun } from "../../../runtime/engine/start-run.ts"
import { makeMemoryJournal } from "../../../runtime/journal/memory.ts"
import type { FleetEvent } from "../../../runtime/machine/protocol.ts"
import { fakeDriver, fleet, session } from "./fleet.ts"

const toolEnds = { type: "agent", event: { kind: "cap.tool_call.end", call_id: "c", is_error: false } } as const
const told = (id: string, what: object): FleetEvent => Object.assign({ seq: 1, run: "r", at: 0, session: id, turn: 1 }, what) as FleetEvent

describe("a watch for clashes", () => {
  const watched = (takes: number) => {
    const looks: Array<string> = []
    let now = 0
    const watch = makeClashWatch(
      () => now,
      async (id) => {
        looks.push(`${id} at ${now / 1000}`)
        now += takes
      },
    )
    const tool = async (id: string, at: number): Promise<void> => {
      now = Math.max(now, at * 1000)
      watch.see(told(id, toolEnds))
      await Promise.resolve()
      await Promise.resolve()
    }
    return { looks, tool, watch }
  }

  it("looks after a tool, half a minute after the first and between two looks", async () => {
    const { looks, tool } = watched(0)
    for (let at = 0; at <= 100; at += 10) await tool("a", at)
    expect(looks).toEqual(["a at 30", "a at 60", "a at 90"])
  })

  it("rests twenty times as long as a look took, whoever comes", async () => {
    const { looks, tool } = watched(5000)
    for (let at = 0; at <= 300; at += 10) for (const id of ["a", "b"]) await tool(id, at)
    expect(looks).toEqual(["a at 30", "a at 140", "a at 250"])
  })

  it("begins anew with each turn: short ones are compared at their end", async () => {
    const { looks, tool, watch } = watched(0)
    await tool("a", 0)
    watch.see(told("a", { type: "turn.done", attempt: 1, stop_reason: "end_turn" }))
    await tool("a", 60)
    expect(looks).toEqual([])
  })
})

it("two sessions at work that change the same lines are told of before either turn ends", async () => {
  const place = (id: string): Workspace => ({
    path: `/${id}`,
    branch: `own/${id}`,
    snapshot: async () => undefined,
    diff: async () => "",
    current: async () => `now-${id}`,
    conflicts: async (other, own) => [`${own} with ${other}`],
    release: async () => ({}),
  })
  const workspaces: { readonly none: AnyWorkspaceProvider } = { none: { isolated: true, acquire: async ({ session: id }) => place(id) } }
  const says: Array<() => void> = []
  const driver = fakeDriver((frame, say, end) => {
    if (frame.type === "prompt") says.push(() => say(toolEnds))
    if (frame.type === "cancel") end()
  })
  const events: Array<FleetEvent> = []
  const ir = { ...fleet([session("a"), session("b")]), start: ["a", "b"] }
  const notes = () => events.flatMap((event) => (event.type === "notified" ? [event.clash] : []))
  const waitFor = (holds: () => boolean) =>
    Effect.gen(function* () {
      while (!holds()) yield* Effect.promise(() => new Promise((done) => setImmediate(done)))
    })
  const options = { ir, run: "r", drivers: { fake: driver }, workspaces, journal: makeMemoryJournal(), root: "/", env: {} }
  const program = Effect.gen(function* () {
    const handle = yield* startRun({ ...options, onEvent: (event) => events.push(event) })
    yield* waitFor(() => says.length === 2)
    const seen = () => events.filter(({ type }) => type === "agent").length
    for (const say of says) say()
    yield* waitFor(() => seen() === 2)
    expect(notes()).toEqual([])
    yield* TestClock.adjust("31 seconds")
    for (const say of says) say()
    yield* waitFor(() => notes().length > 0)
    expect(notes()).toEqual([{ sessions: ["a", "b"], files: ["now-a with now-b"] }])
    expect(events.filter(({ type }) => type.startsWith("turn.") && type !== "turn.started")).toEqual([])
    const ending = yield* Effect.forkChild(handle.send({ type: "cancel", target: { kind: "fleet" }, reason: { code: "user" } }))
    yield* handle.result
    yield* Fiber.await(ending)
  })
  await Effect.runPromise(Effect.scoped(program).pipe(Effect.provide(TestClock.layer())))
})
