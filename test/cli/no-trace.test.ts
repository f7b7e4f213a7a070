/** What policies hide and what is a secret of the environment stands nowhere afterwards: every byte that a run leaves is looked at, while it lives and when it is over. */
import { createServer, type Server } from "node:http"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, expect, it } from "vitest"
import { fleetwright, program } from "./command-line.ts"

const agent = fileURLToPath(new URL("leaving-agent.mjs", import.meta.url))

/** Of the environment; the last is hidden because of its name. */
const ours = {
  NT_PASS: `hunter2 "quoted" \\ back\tslash €uro\nand a second line of it, long enough`,
  NT_KEY: "k3y-9f8e7d6c5b4a-xyz",
  SERVICE_TOKEN: "tok-qwerty-0987654321",
}
/** By their form, by a pattern of the fleet's, by a policy from a file. */
const found = [`ghp_${"Zq7Wx2Ec5Rv8Tb1Yn4Um6Ik9Ol3Pa0SdFgHj"}`, "CUSTOMER-9081726354", "operation nightingale-blue"]
const all = [...Object.values(ours), ...found]

const mask = `import { definePlugin } from "fleetwright/plugin"
export default definePlugin({
  name: "mask", version: "1.0.0", api: 1,
  policy: {
    boundaries: ["prompt", "tool", "output", "artifact"],
    decide: (_boundary, payload) => {
      const patches = []
      const look = (value, path) => {
        if (typeof value === "string") {
          const text = value.replaceAll(/operation night[a-z]+-[a-z]+/g, "[masked]")
          if (text !== value) patches.push({ op: "replace", path, value: text })
        } else if (typeof value === "object" && value !== null)
          for (const [key, inner] of Object.entries(value)) {
            const at = path + "/" + key.replaceAll("~", "~0").replaceAll("/", "~1")
            if (/operation night/.test(key)) patches.push({ op: "remove", path: at })
            else look(inner, at)
          }
      }
      look(payload, "")
      return patches.length === 0 ? undefined : { effect: "redact", reasons: ["it tells of an operation"], patches }
    },
  },
})
`

const fleet = `fleet:
  name: quiet
  plugins: [./mask.mjs]
  policies: [{ use: secrets, with: { patterns: ["CUSTOMER-[0-9]{10}"] } }, mask]
  budget: { wall: 2m }
  defaults: { workspace: none, timeout: 1m }
  inputs: { hint: string }
  sessions:
    agent:
      driver: claude
      command: [${program
        .map((word) => JSON.stringify(word))
        .slice(0, -1)
        .join(", ")}, ${JSON.stringify(agent)}]
      env: { NT_PASS: "\${env.NT_PASS}", AUTH: "Bearer \${env.NT_KEY}", SERVICE_TOKEN: $SERVICE_TOKEN }
      output: { token: string }
    failing: { driver: shell, permissions: allow, command: [sh, -c, 'cat > prompt-of-failing; cat vault.txt; cat vault.txt >&2; exit 1'] }
    next: { driver: shell, permissions: allow, command: [sh, -c, 'cat > prompt-of-next; cat vault.txt'] }
    last: { driver: shell, permissions: allow, command: [sh, -c, 'cat > prompt-of-last; cat vault.txt; while [ ! -e go ]; do sleep 0.02; done'] }
  start: agent
  outputs: { text: last.text, token: agent.output.token }
  routes: |
    on agent.done -> failing with "\${agent.text} \${agent.output.token} \${inputs.hint}"
    on failing.failed -> next with "\${failing.error.message}"
    on next.done -> use llm { command: ["sh", "-c", "cat > prompt-of-model; cat answer.json"] }
`

/** Any nine characters of a secret give it away, but for what the fleet itself says. */
const span = 9
const escaped = (text: string): string => JSON.stringify(text).slice(1, -1)
const formsOf = (secret: string): ReadonlyArray<string> => [secret, escaped(secret), escaped(escaped(secret))]
const piecesOf = (form: string): ReadonlyArray<string> => Array.from({ length: form.length - span + 1 }, (_, at) => form.slice(at, at + span))
const traceIn = (bytes: Uint8Array | string): string | undefined => {
  const text = Buffer.from(bytes).toString("latin1")
  return pieces.find((piece) => text.includes(piece))
}

/** As they stand in bytes. */
const pieces = [...new Set(all.flatMap(formsOf).flatMap(piecesOf))]
  .filter((piece) => !`${fleet}${mask}`.includes(piece))
  .map((piece) => Buffer.from(piece).toString("latin1"))

let place = ""
let collector: Server
const posted: Array<string> = []
beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), "fleet-no-trace-"))
  writeFileSync(join(place, "fleet.yaml"), fleet)
  writeFileSync(join(place, "mask.mjs"), mask)
  writeFileSync(join(place, "vault.json"), JSON.stringify(all))
  writeFileSync(join(place, "vault.txt"), `${all.join(" ")}\n${JSON.stringify({ all })}\n`)
  writeFileSync(join(place, "answer.json"), JSON.stringify({ actions: [{ type: "route", target: "last", context: all.join(" ") }] }))
  collector = createServer((request, response) => {
    request
      .setEncoding("utf8")
      .on("data", (text: string) => void posted.push(text))
      .on("end", () => response.end("{}"))
  })
  await new Promise<void>((listening) => collector.listen(0, "127.0.0.1", listening))
  Object.assign(process.env, ours)
})
afterAll(() => {
  for (const name of Object.keys(ours)) delete process.env[name]
  collector.closeAllConnections()
  collector.close()
  rmSync(place, { recursive: true, force: true, maxRetries: 5 })
})

type Traces = { readonly [where: string]: string | undefined }

const tracesIn = (texts: { readonly [where: string]: string }): Traces =>
  Object.fromEntries(Object.entries(texts).map(([where, text]) => [where, traceIn(text)]))

const traced = (traces: Traces): Traces => Object.fromEntries(Object.entries(traces).filter(([, trace]) => trace !== undefined))

/** Every file of the journal. */
const state = (): Traces => {
  const directory = join(place, ".fleetwright")
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return Object.fromEntries(files.map(({ name, parentPath }) => [name, traceIn(readFileSync(join(parentPath, name)))]))
}

const until = async <A>(look: () => A | undefined): Promise<A> => {
  for (;;) {
    const seen = look()
    if (seen !== undefined) return seen
    await new Promise((next) => setTimeout(next, 20))
  }
}

const request = (number: number): { readonly run: string; readonly request: string } | undefined => {
  const file = join(place, "events.ndjson")
  const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1) : []
  return lines.map((line) => JSON.parse(line)).filter(({ type }) => type === "request.opened")[number - 1]
}

it("is found where it comes from, and nowhere else", async () => {
  for (const secret of all) expect([secret, traceIn(JSON.stringify(["x", secret]))]).toEqual([secret, expect.any(String)])

  const address = collector.address()
  const url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`
  const words = all.join(" | ")
  const said: { [command: string]: string } = {}
  const command = async (...args: ReadonlyArray<string>): Promise<void> => {
    const { code, out, err } = await fleetwright(args, place)
    said[args.map((arg) => (arg === words ? "…" : arg)).join(" ")] = out + err
    expect([args[0], code, code === 0 ? "" : err]).toEqual([args[0], 0, ""])
  }
  const options = ["--task", `do it with ${words}`, "--input", `hint=${words}`, "--events", "events.ndjson", "--otlp", url, "--format", "json"]
  const ended = fleetwright(["run", "fleet.yaml", ...options], place)
  const early = ended.then(({ err }) => Promise.reject(new Error(err)))
  early.catch(() => {})

  const permission = await Promise.race([until(() => request(1)), early])
  const { run } = permission
  await command("reply", run)
  await command("reply", run, "--format", "json")
  await command("reply", run, permission.request, "allow_once")
  await command("reply", run, (await Promise.race([until(() => request(2)), early])).request, words)
  await command("send", run, "agent", words)
  await Promise.race([until(() => (existsSync(join(place, "prompt-of-last")) ? true : undefined)), early])
  await Promise.race([until(() => (Object.keys(traced(state())).length === 0 ? true : undefined)), new Promise((late) => setTimeout(late, 15_000))])
  const alive = state()
  expect(Object.keys(alive)).toEqual(expect.arrayContaining(["state.db", "state.db-wal", "state.db-shm"]))
  expect(traced(alive)).toEqual({})
  writeFileSync(join(place, "go"), "")
  const { code, out, err } = await ended
  expect(code, err).toBe(0)

  const formats = ["pretty", "json"] as const
  const readers = [...["logs", "show", "replay", "audit"].map((name) => [name, run]), ["runs"]]
  await Promise.all([
    ...readers.flatMap((reader) => formats.map((format) => command(...reader, "--format", format))),
    ...["attest", "bom"].map((name) => command(name, run)),
  ])
  const files = ["events.ndjson", "heard.ndjson", "prompt-of-failing", "prompt-of-next", "prompt-of-model", "prompt-of-last"]
  const kept = Object.fromEntries(files.map((name) => [name, readFileSync(join(place, name), "utf8")]))
  expect(traced({ ...state(), ...tracesIn({ ...said, ...kept, out, err, telemetry: posted.join("") }) })).toEqual({})

  // there was something to hide everywhere
  for (const [name, text] of Object.entries(kept)) expect([name, text]).toEqual([name, expect.stringMatching(/\[redacted\][^]*\[masked\]/u)])
  expect(kept["heard.ndjson"]?.trim().split("\n")).toHaveLength(3)
  expect(said[`logs ${run} --format json`]).toContain("[masked]")
  expect(out).toContain("[masked]")
  expect(posted.join("")).toContain("fleet quiet")
}, 240_000)
