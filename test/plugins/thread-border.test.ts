/** What crosses the border of a plugin's thread besides data: functions that a hook is given, Effects and Streams that it answers with, signals. */
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { afterAll, beforeAll, expect, it } from "vitest"
import { failure, type DriverContext, type RoutingRequest } from "#sdk"
import { loadPlugin, type LoadedPlugin } from "../../plugins/loader/index.ts"

let folder = ""
let loaded: LoadedPlugin
beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "border-")))
  writeFileSync(
    join(folder, "border.mjs"),
    `import { definePlugin } from "fleetwright/plugin"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
console.log("printed when imported")
let closed = "no"
export default definePlugin({
  name: "border", version: "1.0.0", api: 1,
  driver: {
    capabilities: {},
    open: ({ tools, confine }) => Effect.gen(function* () {
      yield* Effect.addFinalizer(() => Effect.sync(() => { closed = "scope" }))
      const said = [tools.token(), tools.renew("t"), confine(["ls", "-l"], "/work").join(" ")]
      try { tools.use("t", "terminal") } catch (error) { said.push(error.kind + ": " + error.message) }
      return {
        events: Stream.fromIterable(said.map((text) => ({ type: "agent", event: { kind: "cap.text_chunk", text } }))),
        send: () => Effect.void,
        close: () => Effect.void,
      }
    }),
  },
  routing: {
    decide: ({ session, view, signal }) => session === "wait"
      ? new Promise((done) => signal.addEventListener("abort", () => { closed = "signal"; done([]) }))
      : session === "never" ? Effect.onInterrupt(Effect.never, () => Effect.sync(() => { closed = "interrupted" }))
      : [{ fail: [closed, view.run, view.task, view.sessions.length, view.session("a").text].join(" ") }],
  },
})
`,
  )
  const found = await loadPlugin("./border.mjs", { directory: folder })
  if (!found.ok) throw new Error(JSON.stringify(found))
  loaded = found
})
afterAll(() => {
  loaded.close()
  rmSync(folder, { recursive: true, force: true })
})

const request = (session: string, signal = new AbortController().signal): RoutingRequest<unknown> => {
  const a = { id: "a", status: "done", text: "hello", turns: 1, usd: 0 }
  return {
    session,
    stop: "end_turn",
    view: { run: "r", task: "t", sessions: [a, a], dynamic: [], session: () => a },
    config: {},
    directory: "/",
    env: {},
    signal,
  }
}

const decide = (session: string, signal?: AbortSignal): Effect.Effect<unknown, unknown> => {
  const answer = loaded.plugin.routing?.decide(request(session, signal))
  return Effect.isEffect(answer) ? answer : Effect.die("it answers with an Effect")
}

it("the view of a run is looked at where it is", async () => {
  expect(await Effect.runPromise(decide("a"))).toEqual([{ fail: "no r t 2 hello" }])
})

it("a driver calls the functions that it was given, and may answer with Effects and Streams", async () => {
  const context: DriverContext<unknown> = {
    run: "r",
    session: "a",
    config: {},
    directory: "/",
    permissions: "ask",
    env: {},
    tools: {
      token: () => "t",
      renew: (token) => `${token}2`,
      use: (token, tool) => {
        throw failure("capability_denied", `not ${tool} with ${token}`)
      },
    },
    confine: (command, directory) => ["box", directory, ...command],
  }
  const handle = await loaded.plugin.driver?.open(context)
  if (handle === undefined || Effect.isEffect(handle) || !(Symbol.asyncIterator in handle.events)) throw new Error("it is opened by a Promise")
  const said: Array<unknown> = []
  for await (const event of handle.events) said.push(event.type === "agent" ? event.event["text"] : event)
  expect(said).toEqual(["t", "t2", "box /work ls -l", "capability_denied: not terminal with t"])
  await handle.close()
  expect(await Effect.runPromise(decide("a"))).toEqual([{ fail: "scope r t 2 hello" }])
})

it("signals and interruptions arrive", async () => {
  const stopped = new AbortController()
  const waiting = Effect.runPromise(decide("wait", stopped.signal))
  stopped.abort()
  expect(await waiting).toEqual([])
  const fiber = Effect.runFork(decide("never"))
  // answered after it, so it has begun
  expect(await Effect.runPromise(decide("a"))).toEqual([{ fail: "signal r t 2 hello" }])
  fiber.interruptUnsafe()
  await expect.poll(() => Effect.runPromise(decide("a"))).toEqual([{ fail: "interrupted r t 2 hello" }])
})
