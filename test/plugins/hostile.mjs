/** Every kind of plugin, each hook of which does what its configuration says when it is the one that `at` names. Made by hand, so that it loads fast. */
import { spawn } from "node:child_process"

const misdeeds = {
  spin: () => {
    for (;;);
  },
  exit: () => process.exit(0),
  memory: () => {
    const kept = []
    for (;;) kept.push(Array(1e6).fill(0.5))
  },
  throw: () => {
    throw new Error("on purpose")
  },
  timer: () => {
    setTimeout(() => {
      throw new Error("in a timer")
    })
  },
  // an agent that nobody looks after any more
  leave: ({ env }) => {
    spawn("sleep", ["600"], { env, detached: true, stdio: "ignore" }).on("spawn", () => process.exit(0))
    return new Promise(() => undefined)
  },
  slow: () =>
    new Promise((done) => {
      setTimeout(done, 30)
    }),
  hang: () => new Promise(() => undefined),
  odd: () => () => "a function is no data",
}

const doIt = (hook, { at, what } = {}, context = {}) => (at === hook ? misdeeds[what]?.(context) : undefined)

const config = {
  keys: ["at", "what"],
  jsonSchema: {},
  decode: (value) => {
    doIt("decode", value)
    return { ok: true, value }
  },
}

let asked = 0

const place = (given) => ({
  path: "/tmp",
  snapshot: async () => doIt("snapshot", given),
  diff: async () => doIt("diff", given) ?? "",
  update: async () => doIt("update", given) ?? { conflicts: [] },
  conflicts: async () => doIt("conflicts", given) ?? [],
  current: async () => doIt("current", given),
  release: async () => doIt("release", given) ?? {},
})

const agent = (given) => {
  let tell
  const prompted = new Promise((resolve) => {
    tell = resolve
  })
  return {
    send: (frame) => {
      tell(frame.text)
      return doIt("send", given)
    },
    events: (async function* () {
      doIt("events", given)
      yield { type: "turn.ended", end: { stop: "end_turn" }, text: `heard ${await prompted}` }
      await new Promise(() => undefined)
    })(),
    close: () => doIt("close", given),
  }
}

export default {
  name: "hostile",
  version: "1.0.0",
  api: 1,
  routing: { config, timeoutMs: 300, decide: async ({ config: given }) => (await doIt("decide", given)) ?? [] },
  policy: {
    config,
    timeoutMs: 300,
    boundaries: ["prompt"],
    decide: async (_boundary, _payload, { config: given }) => (await doIt("decide", given)) ?? { effect: "allow", reasons: [`asked ${++asked}`] },
  },
  sink: { config, write: (_event, { config: given }) => doIt("write", given), close: ({ config: given }) => doIt("close", given) },
  workspace: {
    config,
    isolated: true,
    check: async ({ config: given }) => doIt("check", given),
    acquire: async ({ config: given }) => doIt("acquire", given) ?? place(given),
  },
  driver: {
    config,
    capabilities: {
      model: false,
      systemPrompt: false,
      maxTurns: false,
      resume: false,
      queuedInput: false,
      cancelTurn: false,
      permission: false,
      structuredOutput: false,
      usage: "none",
    },
    open: async ({ config: given, env }) => (await doIt("open", given, { env })) ?? agent(given),
  },
}
