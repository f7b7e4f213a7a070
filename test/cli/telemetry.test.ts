/** `--otlp`, `--traceparent` and their variables, on the command line. */
import { createServer } from "node:http"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { Given } from "../../cli/command.ts"
import { telemetryOf } from "../../cli/telemetry.ts"
import { fleetwright } from "./command-line.ts"

const trace = "0af7651916cd43dd8448eb211c80319c"
const parent = `00-${trace}-b7ad6b7169203331-01`

const given = (texts: { readonly [option: string]: string }): Given => ({
  positionals: [],
  text: (option) => texts[option],
  texts: () => [],
  flag: () => false,
})

describe("what is asked for", () => {
  it("is nothing when nobody asks", () => expect(telemetryOf(given({}), { PATH: "/bin" })).toEqual({}))
  it("is what the options say, before the variables", () => {
    expect(telemetryOf(given({ otlp: "http://a:1", traceparent: parent }), { OTEL_EXPORTER_OTLP_ENDPOINT: "http://b:2", TRACEPARENT: "no" })).toEqual({
      telemetry: { otlp: { OTEL_EXPORTER_OTLP_ENDPOINT: "http://a:1", TRACEPARENT: "no" } },
      traceparent: parent,
    })
  })
  it("is what the variables say", () => {
    expect(telemetryOf(given({}), { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://b:2", TRACEPARENT: parent })).toMatchObject({
      telemetry: {},
      traceparent: parent,
    })
    expect(telemetryOf(given({}), { OTEL_EXPORTER_OTLP_ENDPOINT: "http://b:2", OTEL_SDK_DISABLED: "true", TRACEPARENT: "no" })).toEqual({})
  })
  it("takes TRACESTATE with TRACEPARENT only", () => {
    expect(telemetryOf(given({}), { TRACEPARENT: parent, TRACESTATE: "a=1" })).toEqual({ traceparent: parent, tracestate: "a=1" })
    expect(telemetryOf(given({ traceparent: parent }), { TRACEPARENT: parent, TRACESTATE: "a=1" })).toEqual({ traceparent: parent })
    expect(telemetryOf(given({}), { TRACESTATE: "a=1" })).toEqual({})
  })
  it.each([
    [{ otlp: "collector" }, {}, "--otlp: expected"],
    [{ otlp: "http://me:secret@collector" }, {}, "--otlp: expected"],
    [{ traceparent: "x" }, {}, "--traceparent: expected"],
    [{}, { OTEL_EXPORTER_OTLP_ENDPOINT: "ftp://x" }, "OTEL_EXPORTER_OTLP_ENDPOINT: expected"],
  ])("must make sense: %j %j", (texts, env, message) => expect(() => telemetryOf(given(texts), env)).toThrow(message))
})

describe("a run", () => {
  let directory = ""
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "fleet-telemetry-"))
    writeFileSync(
      join(directory, "fleet.yaml"),
      `fleet:
  name: traced
  defaults: { driver: shell, workspace: none, timeout: 1m }
  sessions:
    a: { command: [sh, -c, 'printf %s "$TRACEPARENT" > trace'] }
  start: a
`,
    )
  })
  afterAll(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }))

  it.each([
    ["that is not there", undefined, "has not answered"],
    ["that refuses", 400, "answered 400"],
  ])("says at its end that it was not shown to a collector %s, and ends as it would have", async (_, status, what) => {
    const server = createServer((_request, response) => void response.writeHead(status ?? 200).end())
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening))
    const address = server.address()
    const url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`
    const close = (): void => {
      server.closeAllConnections()
      server.close()
    }
    if (status === undefined) close()
    const { code, err } = await fleetwright(["run", "fleet.yaml", "--ephemeral", "--headless", "--otlp", url], directory)
    close()
    expect([code, err.split("\n").filter((line) => line.startsWith("OpenTelemetry"))]).toEqual([
      0,
      [`OpenTelemetry: ${url} ${what}, so not all of this run is shown there`],
    ])
  })

  it("sends its spans, and gives its agents the trace they are part of", async () => {
    const posted: Array<string> = []
    const server = createServer((request, response) => {
      let body = ""
      request
        .setEncoding("utf8")
        .on("data", (text: string) => {
          body += text
        })
        .on("end", () => {
          posted.push(`${request.url} ${body}`)
          response.end("{}")
        })
    })
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening))
    const address = server.address()
    try {
      const url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`
      const { code, err } = await fleetwright(["run", "fleet.yaml", "--ephemeral", "--headless", "--otlp", url, "--traceparent", parent], directory)
      expect([code, err]).toEqual([0, expect.not.stringContaining("OpenTelemetry")])
      const [, inTrace, span] = readFileSync(join(directory, "trace"), "utf8").split("-")
      expect(inTrace).toBe(trace)
      const spans = posted.filter((one) => one.startsWith("/v1/traces")).join("")
      expect(spans).toContain('"fleet traced"')
      expect(spans).toContain(`"spanId":"${span}"`)
      expect(posted.some((one) => one.startsWith("/v1/metrics"))).toBe(true)
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })
})
