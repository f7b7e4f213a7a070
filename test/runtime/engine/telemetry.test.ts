/** Spans and metrics of runs, kept in memory or sent to a collector that is none. */
import { createServer } from "node:http"
import { describe, expect, it } from "vitest"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"
import type { Ir, Json } from "#ir"
import { makeScripted, readScript } from "#plugins/drivers/scripted/index.ts"
import { readTraceparent, readTracestate, traceparentOf, traceVariables } from "../../../runtime/engine/trace-context.ts"
import type { AnyDriver, RunOptions } from "../../../runtime/engine/run.ts"
import { startFleet } from "../../../runtime/engine/start-fleet.ts"
import { startRun } from "../../../runtime/engine/start-run.ts"
import { makeMemoryJournal } from "../../../runtime/journal/memory.ts"
import { fleet, followUp, loggedWorkspaces, session } from "./fleet.ts"

const secret = "hunter2"
const above = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

const ir: Ir = {
  ...fleet(
    [
      session("a", { model: "large", retry: { attempts: 2, backoffMs: 0, factor: 1, jitter: false }, permissions: "allow", slo: { queueTargetMs: 60_000 } }),
      session("b"),
    ],
    [followUp(1, "a", "b")],
  ),
  budget: { usd: 10 },
}
const sessions: Json = {
  a: [
    { fail: { kind: "rate_limit", message: secret } },
    {
      text: secret,
      output: { key: secret },
      cost_usd: 2,
      events: [
        { kind: "cap.tool_call.start", call_id: "c1", name: "Bash", input: { command: secret } },
        { kind: "cap.tool_call.end", call_id: "c1", output: secret },
      ],
    },
  ],
  b: [{ fail: { kind: "auth_error", message: secret } }],
}

const driverOf = (environments: Array<{ readonly [name: string]: string }> = []): AnyDriver => {
  const script = readScript(sessions)
  if (!script.ok) throw new Error(script.problems.join())
  const driver = makeScripted(script.script)
  return {
    ...driver,
    open: (context) => {
      environments.push(context.env)
      return driver.open(context)
    },
  }
}

const optionsOf = (driver: AnyDriver): RunOptions => ({
  ir,
  run: "r",
  drivers: { fake: driver },
  workspaces: { none: loggedWorkspaces([]) },
  journal: makeMemoryJournal(),
  root: "/",
  env: {},
  task: secret,
})

const kept = () => {
  const spans: Array<Tracer.NativeSpan> = []
  const tracer = Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      spans.push(span)
      return span
    },
  })
  return { spans, tracer }
}

const watched = async (changes: Partial<RunOptions> = {}, telemetry: Pick<RunOptions, "telemetry"> = { telemetry: {} }) => {
  const { spans, tracer } = kept()
  const environments: Array<{ readonly [name: string]: string }> = []
  const registry = new Map<string, never>()
  const program = Effect.gen(function* () {
    const handle = yield* startRun({ ...optionsOf(driverOf(environments)), ...telemetry, ...changes })
    yield* handle.result
    return yield* Metric.snapshot
  })
  const metrics = await Effect.runPromise(
    Effect.scoped(program).pipe(Effect.provideService(Tracer.Tracer, tracer), Effect.provideService(Metric.MetricRegistry, registry)),
  )
  return { spans, environments, metrics }
}

const told = (spans: ReadonlyArray<Tracer.NativeSpan>) => {
  const depth = (span: Tracer.AnySpan): number => (span._tag === "ExternalSpan" ? 0 : 1 + Option.match(span.parent, { onNone: () => 0, onSome: depth }))
  return spans.map((span) => {
    const error = span.attributes.get("error.type")
    return `${"  ".repeat(depth(span) - 1)}${span.name}${typeof error === "string" ? ` ${error}` : ""}`
  })
}

describe("spans", () => {
  it("are those of run, session, turn, attempt and tool call, and all of them end", async () => {
    const { spans } = await watched()
    expect(told(spans)).toEqual([
      "fleet test failed",
      "  invoke_agent a",
      "    turn 1",
      "      attempt 1 rate_limit",
      "      attempt 2",
      "        execute_tool Bash",
      "  invoke_agent b auth_error",
      "    turn 1 auth_error",
      "      attempt 1 auth_error",
    ])
    for (const { status } of spans) expect(status._tag).toBe("Ended")
    const [run, a] = spans
    expect(Object.fromEntries(run?.attributes ?? [])).toMatchObject({
      "fleetwright.run": "r",
      "fleetwright.fleet": "test",
      "fleetwright.status": "failed",
      "fleetwright.usage.usd": 2,
    })
    expect(Object.fromEntries(a?.attributes ?? [])).toMatchObject({
      "gen_ai.operation.name": "invoke_agent",
      "gen_ai.agent.name": "a",
      "gen_ai.request.model": "large",
      "gen_ai.conversation.id": "r/a",
      "fleetwright.status": "done",
    })
    expect(a?.events.map(([name]) => name)).toEqual(["session.started", "session.retrying"])
    expect(run?.events.map(([name]) => name)).toContain("route.fired")
  })

  it("tell nothing of what was prompted, said or put out", async () => {
    const { spans, metrics } = await watched()
    const all = spans.map((span) => [
      span.name,
      [...span.attributes],
      span.events.map(([name, , attributes]) => [name, attributes]),
      span.status._tag === "Ended" ? String(span.status.exit) : "",
    ])
    expect(JSON.stringify(all)).not.toContain(secret)
    expect(JSON.stringify(metrics.map(({ id, attributes }) => [id, attributes]))).not.toContain(secret)
  })

  it("are put under the trace that was given, and agents under theirs", async () => {
    const { spans, environments } = await watched({ traceparent: above })
    expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set(["0af7651916cd43dd8448eb211c80319c"]))
    const of = (name: string) => spans.filter((span) => span.name === name).map(traceparentOf)
    expect(new Set(environments.map(({ TRACEPARENT }) => TRACEPARENT))).toEqual(new Set([...of("invoke_agent a"), ...of("invoke_agent b")]))
  })

  it("are none without telemetry; the trace goes on to agents all the same", async () => {
    const { spans, environments, metrics } = await watched({ traceparent: above }, {})
    expect([spans.length, metrics.length]).toEqual([0, 0])
    expect(environments.map(({ TRACEPARENT }) => TRACEPARENT)).toEqual(environments.map(() => above))
    const alone = await watched({}, {})
    expect(alone.environments.some((env) => "TRACEPARENT" in env)).toBe(false)
  })

  it("end with a run that stopped before it could end", async () => {
    const { spans, tracer } = kept()
    const journal = makeMemoryJournal()
    let left = 2
    const broken = { ...journal, append: (...args: Parameters<typeof journal.append>) => (left-- > 0 ? journal.append(...args) : Effect.die("gone")) }
    const program = Effect.flatMap(startRun({ ...optionsOf(driverOf()), journal: broken, telemetry: {} }), (handle) => handle.result)
    expect((await Effect.runPromise(Effect.scoped(program).pipe(Effect.provideService(Tracer.Tracer, tracer)))).status).toBe("failed")
    expect(told(spans)[0]).toBe("fleet test stopped")
    for (const { status } of spans) expect(status._tag).toBe("Ended")
  })
})

it("metrics count and measure", async () => {
  const { metrics } = await watched()
  const state = (id: string, attributes: { readonly [name: string]: string } = {}) =>
    metrics.filter((one) => one.id === id && Object.entries(attributes).every(([key, value]) => one.attributes?.[key] === value)).map((one) => one.state)
  expect(state("fleetwright.runs", { "fleetwright.status": "failed" })).toMatchObject([{ count: 1 }])
  expect(state("fleetwright.sessions", { "gen_ai.agent.name": "b" })).toMatchObject([{ count: 1 }])
  expect(state("fleetwright.retries")).toMatchObject([{ count: 1 }])
  expect(state("fleetwright.tool.calls", { "gen_ai.tool.name": "Bash" })).toMatchObject([{ count: 1 }])
  expect(state("fleetwright.queue.lag", { "gen_ai.agent.name": "a" })).toMatchObject([{ count: 1 }])
  expect(state("gen_ai.client.operation.duration", { "gen_ai.agent.name": "a" })).toMatchObject([{ count: 1 }, { count: 1 }])
  expect(state("fleetwright.budget.used", { "fleetwright.scope": "run" })).toMatchObject([{ value: 2 }])
  expect(state("fleetwright.budget.slack", { "fleetwright.scope": "run" })).toMatchObject([{ value: 8 }])
  expect(state("fleetwright.slo.slack")).toHaveLength(1)
})

/** Takes what is posted to it, as a collector does. */
const collector = async () => {
  const posted: Array<{ readonly path: string; readonly key: string | undefined; readonly body: string }> = []
  const server = createServer((request, response) => {
    const parts: Array<Buffer> = []
    request.on("data", (part: Buffer) => void parts.push(part))
    request.on("end", () => {
      posted.push({ path: request.url ?? "", key: request.headers["x-key"]?.toString(), body: Buffer.concat(parts).toString() })
      response.writeHead(200, { "content-type": "application/json" }).end("{}")
    })
  })
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening))
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`
  return {
    posted,
    url,
    close: () =>
      new Promise((closed) => {
        server.close(closed)
        server.closeAllConnections()
      }),
  }
}

describe("OTLP", () => {
  it("sends spans and metrics before the run is closed, with the headers that are asked for", async () => {
    const { posted, url, close } = await collector()
    const run = await startFleet(ir, {
      ...optionsOf(driverOf()),
      telemetry: { otlp: { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_EXPORTER_OTLP_HEADERS: "x-key=k" } },
    })
    await run.result
    await run.close()
    await close()
    expect(new Set(posted.map(({ path, key }) => `${path} ${key}`))).toEqual(new Set(["/v1/traces k", "/v1/metrics k"]))
    const spans = posted
      .filter(({ path }) => path === "/v1/traces")
      .map(({ body }) => body)
      .join("")
    for (const name of ["fleet test", "invoke_agent a", "execute_tool Bash"]) expect(spans).toContain(`"${name}"`)
    expect(spans).toContain('"fleetwright"')
    expect(
      posted
        .filter(({ path }) => path === "/v1/metrics")
        .map(({ body }) => body)
        .join(""),
    ).toContain("fleetwright.queue.lag")
    expect(JSON.stringify(posted)).not.toContain(secret)
  })

  it("says so when a variable makes no sense, and not what its value is", async () => {
    const problems: Array<string> = []
    const run = await startFleet(ir, {
      ...optionsOf(driverOf()),
      telemetry: { otlp: { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1", OTEL_BSP_SCHEDULE_DELAY: secret } },
      onSinkProblem: (problem) => void problems.push(problem),
    })
    expect((await run.result).status).toBe("failed")
    await run.close()
    expect(problems).toHaveLength(1)
    expect(problems[0]).not.toContain(secret)
  })

  it("leaves the run alone when nobody is there", async () => {
    const { url, close } = await collector()
    await close()
    const run = await startFleet(ir, { ...optionsOf(driverOf()), telemetry: { otlp: { OTEL_EXPORTER_OTLP_ENDPOINT: url } } })
    expect((await run.result).status).toBe("failed")
    await run.close()
  })
})

describe("a tracestate", () => {
  const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
  it("goes with the traceparent that it came with, and with no other", () => {
    const given = { traceparent: parent, tracestate: "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE" }
    expect(traceVariables(parent, given)).toEqual({ TRACEPARENT: parent, TRACESTATE: given.tracestate })
    expect(traceVariables(parent, { tracestate: given.tracestate })).toEqual({ TRACEPARENT: parent })
    expect(traceVariables(parent, { ...given, traceparent: "no" })).toEqual({ TRACEPARENT: parent })
    expect(traceVariables(undefined, given)).toEqual({})
  })

  it.each([
    ["a=1", "a=1"],
    [" a=1 ,\tb@v=x y , ", "a=1,b@v=x y"],
    ["a=1,a=2", undefined],
    ["A=1", undefined],
    ["a=b=c", undefined],
    ["a=1\nX: y", undefined],
    ["a", undefined],
    ["", undefined],
    [Array.from({ length: 33 }, (_, at) => `k${at}=1`).join(","), undefined],
  ])("%j is passed on as %j", (text, passed) => expect(readTracestate(text)).toBe(passed))

  it("reaches the agents, with and without spans of our own", async () => {
    for (const telemetry of [{ telemetry: {} }, {}]) {
      const { environments } = await watched({ traceparent: above, tracestate: "a=1" }, telemetry)
      expect(new Set(environments.map(({ TRACESTATE }) => TRACESTATE))).toEqual(new Set(["a=1"]))
    }
  })
})

it("what is no traceparent is none", () => {
  expect(readTraceparent(above)).toMatchObject({ traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", sampled: true })
  expect(readTraceparent(above.replace(/01$/u, "00"))).toMatchObject({ sampled: false })
  for (const text of [
    "",
    "x",
    above.replace("00-", "ff-"),
    `${above}-more`,
    "00-00000000000000000000000000000000-b7ad6b7169203331-01",
    "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
  ]) {
    expect(readTraceparent(text)).toBeUndefined()
  }
})
