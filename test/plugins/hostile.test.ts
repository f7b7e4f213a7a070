/** What a plugin does to its thread it does to nobody else: each hook of each kind, blocked, ended, out of memory, throwing where nobody waits. */
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import type { Json } from "#ir"
import type { DriverContext, DriverHandle, Plugin, RoutingRequest } from "#sdk"
import { loadPlugin } from "../../plugins/loader/index.ts"

const directory = fileURLToPath(new URL(".", import.meta.url))

const open: Array<() => void> = []
const told: Array<string> = []

beforeEach(() => {
  told.length = 0
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    told.push(String(text))
    return true
  })
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  for (const close of open.splice(0)) close()
})

const load = async (): Promise<Plugin> => {
  const loaded = await loadPlugin("./hostile.mjs", { directory })
  if (!loaded.ok) throw new Error(JSON.stringify(loaded))
  open.push(loaded.close)
  return loaded.plugin
}

const given = <K extends keyof Plugin>(plugin: Plugin, kind: K): NonNullable<Plugin[K]> => {
  const found = plugin[kind]
  if (found === undefined || found === null) throw new Error(`it is no ${kind}`)
  return found
}

/** Engines take either. */
const settled = async (answer: unknown): Promise<unknown> => (Effect.isEffect(answer) ? Effect.runPromise(answer as Effect.Effect<unknown, unknown>) : answer)

const request = (config: Json): RoutingRequest<unknown> => ({
  session: "a",
  stop: "end_turn",
  view: {
    run: "r",
    sessions: [],
    dynamic: [],
    session: (id) => {
      throw new Error(`the fleet has no session "${id}"`)
    },
  },
  config,
  directory: "/",
  env: {},
  signal: new AbortController().signal,
})

const context = (config: Json): DriverContext<unknown> => ({ run: "r", session: "a", config, directory: "/", permissions: "ask", env: {} })

const acquired = (plugin: Plugin, config: Json) =>
  settled(given(plugin, "workspace").acquire({ run: "r", session: "a", root: "/", from: { kind: "base" }, config })) as Promise<{
    readonly [hook: string]: (...args: ReadonlyArray<unknown>) => Promise<unknown>
  }>

const opened = async (plugin: Plugin, config: Json) => {
  const handle = await given(plugin, "driver").open(context(config))
  if (Effect.isEffect(handle)) throw new Error("it is given as a Promise")
  return handle
}

const prompt = { type: "prompt", turn: 1, attempt: 1, text: "hello", idempotencyKey: "k" } as const

/** `what` as the failure names it. What the hook belongs to is made first. */
interface Hook {
  readonly at: string
  readonly what: string
  readonly made?: (plugin: Plugin, config: Json) => Promise<unknown>
  readonly ask: (plugin: Plugin, config: Json, made: never) => Promise<unknown>
}

const ready = async ({ made, ask }: Hook, plugin: Plugin, config: Json): Promise<() => Promise<unknown>> => {
  const thing = await made?.(plugin, config)
  return () => ask(plugin, config, thing as never)
}

const placeHook = (at: string): Hook => ({
  at,
  what: `${at} for session "a"`,
  made: acquired,
  ask: async (_plugin, _config, place: Awaited<ReturnType<typeof acquired>>) => place[at]?.("x"),
})

const hooks: ReadonlyArray<Hook> = [
  { at: "decide", what: 'decide for session "a"', ask: (plugin, config) => settled(given(plugin, "routing").decide(request(config))) },
  {
    at: "decide",
    what: 'decide at prompt for session "a"',
    ask: (plugin, config) => settled(given(plugin, "policy").decide("prompt", { text: "t" }, { run: "r", session: "a", config })),
  },
  { at: "write", what: "write of run.started", ask: (plugin, config) => settled(given(plugin, "sink").write({ type: "run.started" }, { run: "r", config })) },
  { at: "close", what: "close", ask: (plugin, config) => settled(given(plugin, "sink").close?.({ run: "r", config })) },
  { at: "check", what: "check", ask: (plugin, config) => settled(given(plugin, "workspace").check?.({ root: "/", config })) },
  { at: "acquire", what: 'acquire for session "a"', ask: acquired },
  ...["snapshot", "diff", "update", "conflicts", "current", "release"].map(placeHook),
  { at: "open", what: 'open for session "a"', ask: opened },
  { at: "send", what: 'send of session "a"', made: opened, ask: async (_plugin, _config, handle: DriverHandle) => settled(handle.send(prompt)) },
  {
    at: "events",
    what: 'events of session "a"',
    made: async (plugin, config) => {
      const handle = await opened(plugin, config)
      await settled(handle.send(prompt))
      return handle
    },
    ask: async (_plugin, _config, { events }: DriverHandle) => (Symbol.asyncIterator in events ? events[Symbol.asyncIterator]().next() : undefined),
  },
]

const named = hooks.map((hook) => [hook.what, hook] as const)

/** The thread that spins answers nothing, so the time until that is believed need not pass. */
const believed = async (ask: () => Promise<unknown>): Promise<unknown> => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] })
  const failed = ask().then(
    (value) => ({ value }),
    (error: unknown) => (error instanceof Error ? error.message : error),
  )
  let over = false
  void failed.finally(() => {
    over = true
  })
  while (!over) {
    await new Promise((next) => {
      setImmediate(next)
    })
    await vi.advanceTimersByTimeAsync(100)
  }
  return failed
}

describe("a plugin that is asked", () => {
  it.each(named)("%s may block, and is stopped", async (what, hook) => {
    const plugin = await load()
    expect(await believed(await ready(hook, plugin, { at: hook.at, what: "spin" }))).toBe(`plugin ./hostile.mjs: it blocks its thread (${what})`)
    expect(told.join("")).toBe(
      `plugin ./hostile.mjs: it blocks its thread (${what}); it was stopped, what it was asked fails, and starts afresh when it is asked next\n`,
    )
    vi.useRealTimers()
    expect(await settled(given(plugin, "policy").decide("prompt", {}, { run: "r", config: {} }))).toEqual({ effect: "allow", reasons: ["asked 1"] })
  })

  it.each(named)("%s may end its thread", async (what, hook) => {
    const plugin = await load()
    const ask = await ready(hook, plugin, { at: hook.at, what: "exit" })
    await expect(ask()).rejects.toThrow(`plugin ./hostile.mjs: it ends its thread, as process.exit does (${what})`)
    expect(await settled(given(plugin, "routing").decide(request({})))).toEqual([])
  })

  it.each(named)("%s may throw, now or where nobody waits: that is told, and nothing ends", async (_, hook) => {
    const { at } = hook
    const plugin = await load()
    const policy = given(plugin, "policy")
    await settled(policy.decide("prompt", {}, { run: "r", config: {} }))
    const [throwing, later] = [await ready(hook, plugin, { at, what: "throw" }), await ready(hook, plugin, { at, what: "timer" })]
    await expect(throwing()).rejects.toThrow("on purpose")
    await later()
    await vi.waitUntil(() => told.length > 0, { interval: 1 })
    expect(told).toEqual(["plugin ./hostile.mjs: an error that nobody waits for: in a timer; the run goes on\n"])
    // the same thread as before
    expect(await settled(policy.decide("prompt", {}, { run: "r", config: {} }))).toMatchObject({ reasons: [expect.stringMatching(/^asked [234]$/)] })
  })

  it("may use up its memory", async () => {
    const plugin = await load()
    await expect(settled(given(plugin, "sink").write({ type: "run.started" }, { run: "r", config: { at: "write", what: "memory" } }))).rejects.toThrow(
      // on a machine that has much else to do, the collector may be at it for longer than a thread may be silent
      /^plugin \.\/hostile\.mjs: it (?:uses more than 512 MB of memory|blocks its thread) \(write of run\.started\)$/,
    )
    expect(await settled(given(plugin, "routing").decide(request({})))).toEqual([])
  }, 60_000)

  it("fails what it was asked besides when it ends, and only that", async () => {
    const [plugin, other] = [await load(), await load()]
    const hanging = settled(given(plugin, "routing").decide(request({ at: "decide", what: "hang" })))
    const elsewhere = await opened(other, {})
    await Promise.all([
      expect(settled(given(plugin, "sink").write({ type: "run.started" }, { run: "r", config: { at: "write", what: "exit" } }))).rejects.toThrow(
        "ends its thread",
      ),
      expect(hanging).rejects.toThrow('it ends its thread, as process.exit does (decide for session "a", write of run.started)'),
    ])
    await settled(elsewhere.send(prompt))
    const { events } = elsewhere
    if (!(Symbol.asyncIterator in events)) throw new Error("its events are iterated over")
    expect(await events[Symbol.asyncIterator]().next()).toMatchObject({ value: { text: "heard hello" } })
  })

  it("has lost what it held when its thread has ended", async () => {
    const plugin = await load()
    const [place, agent] = [await acquired(plugin, {}), await opened(plugin, {})]
    await expect(settled(given(plugin, "workspace").check?.({ root: "/", config: { at: "check", what: "exit" } }))).rejects.toThrow("ends its thread")
    await expect(place["snapshot"]?.("x")).rejects.toThrow("plugin ./hostile.mjs is gone, and what it held with it")
    await expect(settled(agent.send(prompt))).rejects.toThrow("is gone")
    // what it had started is looked for by its marks: closing is done then
    expect(await settled(agent.close())).toBeUndefined()
  })

  it("may answer what cannot be sent, or be asked it", async () => {
    const plugin = await load()
    const odd = { ...context({}), env: { HOME: (() => "a function is no data") as unknown as string } }
    await expect(given(plugin, "driver").open(odd)).rejects.toThrow("it cannot be asked")
    await expect(settled(given(plugin, "policy").decide("prompt", {}, { run: "r", config: { at: "decide", what: "odd" } }))).rejects.toThrow(
      "its answer is no plain data",
    )
  })

  it("is not started for ever", async () => {
    const plugin = await load()
    const dies = () => settled(given(plugin, "sink").write({ type: "run.started" }, { run: "r", config: { at: "write", what: "exit" } }))
    for (let death = 0; death < 10; death++) await expect(dies()).rejects.toThrow("ends its thread")
    await expect(dies()).rejects.toThrow("plugin ./hostile.mjs has died 10 times and is not started again")
    expect(told).toHaveLength(10)
  }, 60_000)
})

describe("a configuration schema", () => {
  const issues = (plugin: Plugin, what: string) => given(plugin, "routing").config?.decode({ at: "decode", what })

  it("may block: the configuration is at fault", async () => {
    const plugin = await load()
    expect(issues(plugin, "spin")).toEqual({ ok: false, issues: [{ message: "its schema takes longer than 5 s", path: [] }] })
    expect(issues(plugin, "hang")).toEqual({ ok: false, issues: [{ message: "its schema was stopped at another configuration", path: [] }] })
  })

  it("may throw, or end its thread", async () => {
    const plugin = await load()
    expect(() => issues(plugin, "throw")).toThrow("on purpose")
    expect(issues(plugin, "exit")).toEqual({ ok: false, issues: [{ message: "its schema ends its thread, as process.exit does", path: [] }] })
  })
})
