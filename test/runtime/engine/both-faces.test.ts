/** Every kind of plugin, every hook of it, written in each way: plain, async, as an Effect, as an Effect of another copy of `effect`. */
import { rmSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { afterAll, describe, expect, it } from "vitest"
import * as Effect from "effect/Effect"
import type { Ir } from "#ir"
import { makeOutbox, type DriverEvent, type Frame } from "#sdk"
import { definePlugin } from "../../../plugins/sdk/author.ts"
import { registryOf } from "../../../plugins/loader/registry.ts"
import { startFleet } from "../../../runtime/engine/start-fleet.ts"
import { makeMemoryJournal } from "../../../runtime/journal/memory.ts"
import type { FleetEvent } from "../../../runtime/machine/protocol.ts"
import { folderWithEffect } from "../../plugins/second-effect.ts"
import { fleet, session } from "./fleet.ts"

const folder = folderWithEffect()
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const second: typeof Effect = await import(/* @vite-ignore */ pathToFileURL(join(folder, "node_modules/effect/dist/Effect.js")).href)

/** How a hook answers, and how it fails. */
interface Face {
  readonly says: <A>(value: () => A) => never
  readonly fails: (message: string) => never
}

const faces: { readonly [name: string]: Face } = {
  plain: {
    says: (value) => value() as never,
    fails: (message) => {
      throw new Error(message)
    },
  },
  async: {
    says: (value) => Promise.resolve().then(value) as never,
    fails: (message) => Promise.reject(new Error(message)) as never,
  },
  "an Effect": {
    says: (value) => Effect.sync(value) as never,
    fails: (message) => Effect.fail(new Error(message)) as never,
  },
  "an Effect that waits": {
    says: (value) => Effect.andThen(Effect.sleep(1), Effect.sync(value)) as never,
    fails: (message) => Effect.andThen(Effect.sleep(1), Effect.die(new Error(message))) as never,
  },
  "an Effect of another copy": {
    says: (value) => second.sync(value) as never,
    fails: (message) => second.fail(new Error(message)) as never,
  },
}

const hooks = ["driver open", "driver send", "driver close", "workspace acquire", "policy decide", "routing decide", "sink write", "sink close"] as const
type Hook = (typeof hooks)[number]

/** One plugin of all five kinds; each hook notes that it was called, and the one named fails. */
const pluginOf = ({ says, fails }: Face, called: Set<Hook>, failing?: Hook) => {
  const hook = <A>(name: Hook, value: () => A): never => {
    called.add(name)
    return name === failing ? fails(`${name} on purpose`) : says(value)
  }
  return definePlugin({
    name: "all",
    version: "1.0.0",
    api: 1,
    driver: {
      capabilities: {},
      open: ({ session: id }) =>
        hook("driver open", () => {
          const outbox = makeOutbox<DriverEvent>()
          return {
            events: outbox,
            send: (frame: Frame) =>
              hook("driver send", () => {
                if (frame.type === "prompt") outbox.push({ type: "turn.ended", end: { stop: "end_turn" }, text: `${id} heard ${frame.text}` })
              }),
            close: () => hook("driver close", () => outbox.end()),
          }
        }),
    },
    workspace: {
      isolated: true,
      acquire: () => hook("workspace acquire", () => ({ path: "/nowhere", snapshot: async () => undefined, diff: async () => "", release: async () => ({}) })),
    },
    policy: {
      boundaries: ["prompt"],
      decide: (_, { text }) =>
        hook("policy decide", () =>
          typeof text === "string" ? { effect: "redact", patches: [{ op: "replace", path: "/text", value: "[hidden]" }] } : undefined,
        ),
    },
    routing: { decide: ({ session: id }) => hook("routing decide", () => (id === "a" ? [{ send: "b", prompt: "go on" }] : [])) },
    sink: { write: () => hook("sink write", () => {}), close: () => hook("sink close", () => {}) },
  })
}

const run = async (face: Face, failing?: Hook) => {
  const use = { use: "all", with: {} }
  const called = new Set<Hook>()
  const base = fleet(["a", "b"].map((id) => session(id, { driver: use, workspace: use, policies: [use] })))
  const ir: Ir = { ...base, sinks: [use], mode: use }
  const problems: Array<string> = []
  const started = await startFleet(ir, {
    ...registryOf([pluginOf(face, called, failing)]),
    journal: makeMemoryJournal(),
    root: "/",
    env: {},
    onSinkProblem: (problem) => problems.push(problem),
  })
  const events: Array<FleetEvent> = []
  for await (const event of started.events()) if (event.type !== "lagged") events.push(event)
  const { status } = await started.result
  await started.close()
  return { status, called, problems, events }
}

describe.each(Object.entries(faces))("hooks that answer in the way of: %s", (_, face) => {
  it("do what they do in any other", async () => {
    const { status, called, problems, events } = await run(face)
    expect([status, problems, [...called].toSorted()]).toEqual(["succeeded", [], hooks.toSorted()])
    expect(events.flatMap((event) => (event.type === "session.done" ? [`${event.session}: ${event.text}`] : []))).toEqual([
      "a: a heard [hidden]",
      "b: b heard [hidden]",
    ])
  })

  it.each<[Hook, string, string]>([
    ["driver open", "failed", 'driver "all" (open, session "a"): driver open on purpose'],
    ["driver send", "failed", 'driver "all" (send, session "a"): driver send on purpose'],
    ["workspace acquire", "failed", 'workspace "all" (acquire, session "a"): workspace acquire on purpose'],
    ["policy decide", "failed", 'policy "all" denies the prompt: it failed'],
    ["routing decide", "failed", 'routing plugin "all" (decide, session "a"): routing decide on purpose'],
    ["sink write", "succeeded", 'sink "all": write of run.started failed: sink write on purpose'],
    ["sink close", "succeeded", 'sink "all": close failed: sink close on purpose'],
    ["driver close", "succeeded", ""],
  ])("are told of alike when they fail: %s", async (hook, status, told) => {
    const seen = await run(face, hook)
    expect([seen.status, seen.called.has(hook)]).toEqual([status, true])
    expect(JSON.stringify([seen.events, seen.problems])).toContain(JSON.stringify(told).slice(1, -1))
  })
})
