import { createServer, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { afterAll, describe, expect, it, vi } from "vitest"
import type { Json } from "#ir"
import type { RoutingRequest, RoutingView, SessionView } from "#sdk"
import { llm } from "../../plugins/routing/llm/index.ts"
import { promptOf } from "../../plugins/routing/llm/prompt.ts"
import { readAnswer } from "../../plugins/routing/llm/read-answer.ts"

const sessions: ReadonlyArray<SessionView> = [
  { id: "lead", role: "architect", status: "done", text: "plan ready", turns: 1, usd: 0 },
  { id: "coder", status: "failed", text: "half done", turns: 1, usd: 0 },
  { id: "worker[0]", status: "working", text: "busy", turns: 1, usd: 0 },
  { id: "idle", status: "pending", text: "", turns: 0, usd: 0 },
]
const view: RoutingView = { run: "r", task: "build it", sessions, dynamic: [], session: () => sessions[0]! }

const ask = (config: Json, signal = new AbortController().signal): Promise<unknown> => {
  const request: RoutingRequest<unknown> = {
    session: "lead",
    stop: "end_turn",
    view,
    config,
    directory: process.cwd(),
    env: { PATH: process.env["PATH"] ?? "" },
    signal,
  }
  return Promise.resolve(llm.decide(request))
}

/** A model that is a program: runs a line of JavaScript with what it read in `input`. */
const program = (line: string): Json => ({
  command: [process.execPath, "-e", `let input = ""; process.stdin.on("data", (part) => { input += part }).on("end", () => { ${line} })`],
})

describe("the prompt", () => {
  it("tells the task, the agents and what they said", () => {
    expect(promptOf("lead", view, 4000)).toBe(`TASK
build it

AVAILABLE AGENTS
- lead: architect
- coder: general agent
- idle: general agent

AGENT OUTPUTS
[coder] ✗ failed
half done

[lead] ✓ completed
plan ready

[worker[0]] ▶ running
busy

JUST FINISHED
lead`)
  })

  it("tells which sessions may be begun, while there are places left", () => {
    const dynamic = [
      { id: "helper", role: "researcher", driver: "claude", left: 3 },
      { id: "spare", driver: "claude", left: 0 },
    ]
    expect(promptOf("lead", { ...view, dynamic }, 4000)).toContain(
      "- idle: general agent\n- helper: researcher (each route to it begins a new one, at most 3)\n\nAGENT OUTPUTS",
    )
  })

  it("cuts what is too long, never through a character", () => {
    const long = { ...view, sessions: [{ ...sessions[0]!, text: `${"x".repeat(49)}😀${"y".repeat(100)}` }] }
    expect(promptOf("lead", long, 100)).toContain(`${"x".repeat(49)}\n[truncated 102 chars]`)
  })
})

describe("the answer", () => {
  it.each<[string, unknown]>([
    ['{"actions": []}', []],
    ["{}", []],
    ['Sure!\n```json\n{"actions": [{"type": "route", "target": "coder", "context": "go on"}]}\n```', [{ send: "coder", prompt: "go on" }]],
    ['{"actions": [{"type": "route", "target": "coder"}, {"note": 1}, {"type": "complete"}]}', [{ send: "coder" }, { complete: true }]],
    ['{"actions": [{"type": "collect", "candidates": ["lead", "coder"]}]}', [{ select: ["lead", "coder"] }]],
    [`{"actions": [${Array.from({ length: 9 }, () => '{"type":"complete"}').join(",")}]}`, Array.from({ length: 5 }, () => ({ complete: true }))],
  ])("%s", (text, expected) => {
    expect(readAnswer(text, 5, view)).toEqual(expected)
  })

  it("may name a session that is not there with a driver: an instance of a dynamic one with that driver stands for it", () => {
    const dynamic = [
      { id: "one", driver: "claude", left: 1 },
      { id: "two", driver: "claude", left: 1 },
      { id: "other", driver: "acp:gemini", left: 2 },
    ]
    const routes = ["new", "newer", "newest"].map((target) => ({ type: "route", target, driver: "claude" }))
    const actions = [...routes, { type: "route", target: "two", driver: "claude" }, { type: "route", target: "x", driver: "acp:gemini", context: "look" }]
    expect(readAnswer(JSON.stringify({ actions }), 5, { ...view, dynamic })).toEqual([
      ...["one", "two", "one", "two"].map((send) => ({ send })),
      { send: "other", prompt: "look" },
    ])
    for (const route of [
      { target: "two", driver: "acp:gemini" },
      { target: "lead", driver: "claude" },
      { target: "new", driver: "codex" },
    ])
      expect(() => readAnswer(JSON.stringify({ actions: [{ type: "route", ...route }] }), 5, { ...view, dynamic })).toThrow("the fleet does not declare")
  })

  it.each([
    ["no idea", "holds no JSON object"],
    ["{not json}", "is no valid JSON"],
    ['{"actions": "route"}', "`actions` that are no list"],
    ['{"actions": [{"type": "route"}]}', "a route without a target"],
    ['{"actions": [{"type": "route", "target": "new", "driver": "claude"}]}', "a session that the fleet does not declare"],
    ['{"actions": [{"type": "collect"}]}', "a collect without candidates"],
    ['{"actions": [{"type": "dance"}]}', 'the unknown type "dance"'],
  ])("%s is refused", (text, message) => {
    expect(() => readAnswer(text, 5, view)).toThrow(message)
  })
})

describe("a model that is a program", () => {
  it("reads the prompt and prints the answer", async () => {
    const answer = ask(program(`console.log(JSON.stringify({ actions: [{ type: "route", target: input.includes("JUST FINISHED") ? "coder" : "none" }] }))`))
    expect(await answer).toEqual([{ send: "coder" }])
  })

  it.each([
    ["ends badly", program(`console.error("no credit"); process.exitCode = 3`), "ends with code 3: no credit"],
    ["says nothing", program(""), "holds no JSON object"],
    ["never stops talking", program('for (;;) require("node:fs").writeSync(1, "x".repeat(1000) + "\\n")'), "prints more than 1 MB"],
    [
      "says an endless line",
      { ...(program('for (;;) require("node:fs").writeSync(1, "x".repeat(1000))') as { readonly [key: string]: Json }), timeout_ms: 500 },
      "the model takes longer than 0.5 s",
    ],
    ["is not there", { command: ["no-such-program-here"] }, 'the model\'s program "no-such-program-here" does not start'],
    [
      "takes too long",
      { ...(program("setInterval(() => {}, 1000)") as { readonly [key: string]: Json }), timeout_ms: 300 },
      "the model takes longer than 0.3 s",
    ],
  ])("that %s", async (_, config, message) => {
    await expect(ask(config)).rejects.toThrow(message)
  })

  it("is stopped when nobody waits for it any more", async () => {
    const stop = new AbortController()
    const asked = ask(program("setInterval(() => {}, 1000)"), stop.signal)
    setTimeout(() => stop.abort(), 200)
    await expect(asked).rejects.toThrow()
  })
})

describe("a model at an address", () => {
  const seen: Array<{ readonly body: Json; readonly authorization: string | undefined }> = []
  const answers = new Map([
    ["/chat", JSON.stringify({ choices: [{ message: { content: '{"actions": [{"type": "complete"}]}' } }] })],
    ["/messages", JSON.stringify({ content: [{ type: "text", text: '{"actions": [{"type": "complete"}]}' }] })],
    ["/plain", '{"actions": [{"type": "complete"}]}'],
  ])
  const left: Array<string> = []
  const endless = (response: ServerResponse): void => {
    while (!response.destroyed && response.write("x".repeat(100_000)));
    response.once("drain", () => endless(response))
  }
  const server = createServer((request, response) => {
    let text = ""
    response.on("close", () => left.push(`${request.url} ${response.writableFinished ? "answered" : "left"}`))
    request
      .on("data", (part: Buffer) => {
        text += part.toString()
      })
      .on("end", () => {
        seen.push({ body: JSON.parse(text), authorization: request.headers.authorization })
        if (request.url === "/silent") return
        if (request.url === "/flood") return endless(response)
        const answer = answers.get(request.url ?? "")
        response.statusCode = answer === undefined ? 503 : 200
        response.end(answer ?? "busy")
      })
  })
  const listening = new Promise<number>((resolve) => server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)))
  afterAll(() => server.close())

  it.each(["/chat", "/messages", "/plain"])("answers in the form of %s", async (path) => {
    process.env["LLM_TEST_TOKEN"] = "t0ken"
    expect(await ask({ url: `http://127.0.0.1:${await listening}${path}`, model: "small", token_env: "LLM_TEST_TOKEN" })).toEqual([{ complete: true }])
    expect(seen.at(-1)).toMatchObject({
      authorization: "Bearer t0ken",
      body: { model: "small", messages: [{ role: "system" }, { role: "user", content: expect.stringContaining("AVAILABLE AGENTS") }] },
    })
  })

  it("that refuses", async () => {
    await expect(ask({ url: `http://127.0.0.1:${await listening}/none` })).rejects.toThrow("answers with status 503")
    await expect(ask({ url: "http://127.0.0.1:1/" })).rejects.toThrow("cannot be reached")
    await expect(ask({ url: `http://127.0.0.1:${await listening}/chat`, token_env: "NO_SUCH_VARIABLE" })).rejects.toThrow("has no NO_SUCH_VARIABLE")
  })

  it.each(["no idea", "{not json}", '{"actions": [{"type": "dance"}]}', '{"choices": [{"message": {"content": "no idea"}}]}', "[]", "null", '"text"'])(
    "that answers %s is refused",
    async (text) => {
      answers.set("/odd", text)
      await expect(ask({ url: `http://127.0.0.1:${await listening}/odd` })).rejects.toThrow("the model's answer")
    },
  )

  it("that never ends its answer is left", async () => {
    await expect(ask({ url: `http://127.0.0.1:${await listening}/flood` })).rejects.toThrow("answers with more than 1 MB")
    await vi.waitFor(() => expect(left).toContain("/flood left"))
  })

  it("that does not answer is left after its time, and as soon as nobody waits", async () => {
    const url = `http://127.0.0.1:${await listening}/silent`
    await expect(ask({ url, timeout_ms: 100 })).rejects.toThrow("the model takes longer than 0.1 s")
    await vi.waitFor(() => expect(left.filter((line) => line === "/silent left")).toHaveLength(1))
    const stop = new AbortController()
    const asked = ask({ url }, stop.signal)
    stop.abort()
    await expect(asked).rejects.toThrow()
  })

  it("cuts what it decides too much", async () => {
    answers.set("/many", JSON.stringify({ actions: Array.from({ length: 50 }, () => ({ type: "route", target: "coder" })) }))
    const url = `http://127.0.0.1:${await listening}/many`
    expect(await ask({ url })).toHaveLength(5)
    expect(await ask({ url, max_decisions: 2 })).toHaveLength(2)
  })

  it.each<[Json, string]>([
    [{ url: "ftp://x" }, "url"],
    [{ max_decisions: 0 }, "max_decisions"],
    [{ command: [] }, "command"],
    [{ modle: "x" }, "modle"],
  ])("whose configuration is %j is refused", (config, path) => {
    const read = llm.config?.decode(config)
    expect(read?.ok === false ? read.issues.map((issue) => issue.path.join(".")) : "").toEqual([path])
  })
})
