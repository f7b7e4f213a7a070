/** The driver suite with agents of each version and binding, and what connections do that agents do not. */
import { afterAll, describe, expect, it } from "vitest"
import type { Json } from "#ir"
import { fieldsOf, textOf, type DriverEvent } from "#sdk"
import { interfacesOf } from "../../../plugins/drivers/a2a/agent-card.ts"
import { answerPart } from "../../../plugins/drivers/a2a/cap-parts.ts"
import { handleOf, readHandle } from "../../../plugins/drivers/a2a/converse.ts"
import { a2a } from "../../../plugins/drivers/a2a/index.ts"
import { manifestDriver } from "../../../plugins/agent-manifests/manifest-driver.ts"
import { openTestSession, type TestSession } from "../../../plugins/sdk/testing/index.ts"
import { playTurn } from "../../../plugins/sdk/testing/suite-place.ts"
import { startAgent, type Agent, type AgentOptions } from "./agents/a2a-agent.ts"
import { a2aFixture } from "./protocol-fixtures.ts"
import { suite } from "./suite.ts"

const agents: Array<Agent> = []
const start = async (options: AgentOptions): Promise<Agent> => {
  const agent = await startAgent(options)
  agents.push(agent)
  return agent
}
afterAll(async () => {
  for (const agent of agents) await agent.close()
})

const ways: ReadonlyArray<AgentOptions> = [
  { binding: "JSONRPC", version: "1.0" },
  { binding: "HTTP+JSON", version: "1.0" },
  { binding: "JSONRPC", version: "0.3" },
]

for (const way of ways) suite(a2aFixture(`a2a ${way.version}, ${way.binding}`, await start(way)))

const open = (
  agent: Agent,
  more: { readonly config?: { readonly [key: string]: string }; readonly env?: { readonly [name: string]: string }; readonly resume?: string } = {},
): Promise<TestSession> =>
  openTestSession(a2a, {
    run: "r",
    session: "s",
    directory: "/",
    permissions: "ask",
    config: { target: agent.url, ...more.config },
    env: { ...more.env },
    ...(more.resume === undefined ? {} : { resume: more.resume }),
  })
const spoken = (events: ReadonlyArray<DriverEvent>): string =>
  events.map((event) => (event.type === "agent" && event.event.kind === "cap.text_chunk" ? textOf(event.event["text"]) : "")).join("")

describe("a connection that is lost", () => {
  it.each(ways)("is taken up again, and nothing is said twice ($version, $binding)", async (way) => {
    const agent = await start({ ...way, cutAfter: 3 })
    const session = await open(agent)
    await session.prompt("hello")
    const { events, end } = await session.turn()
    expect(end).toMatchObject({ end: { stop: "end_turn" }, text: "hello from the agent" })
    expect(spoken(events)).toBe("hello from the agent")
    expect(agent.prompts).toEqual(["hello"])
    expect(agent.log.filter((line) => /subscribe/iu.test(line)).length).toBeGreaterThan(0)
    await session.close()
  })

  it("does not end a turn that goes on", async () => {
    const agent = await start({ binding: "JSONRPC", version: "1.0", cutAfter: 3 })
    const session = await open(agent)
    await session.prompt("hang")
    await session.until("text", (event) => event.type === "agent" && event.event.kind === "cap.text_chunk")
    await session.send({ type: "cancel" })
    expect((await session.turn()).end.end).toEqual({ stop: "cancelled" })
    expect(agent.log).toContain("canceled")
    await session.close()
  })
})

it("looks at the task again and again where nothing is streamed", async () => {
  const agent = await start({ binding: "HTTP+JSON", version: "1.0", streaming: false })
  const session = await open(agent)
  await session.prompt("hello")
  expect((await session.turn()).end).toMatchObject({ end: { stop: "end_turn" }, text: "hello from the agent" })
  await session.close()
})

it("cancels a task that waits for an answer", async () => {
  const agent = await start({ binding: "JSONRPC", version: "1.0" })
  const session = await open(agent)
  await session.prompt("question")
  const before = await session.until("a question", (event) => event.type === "agent" && event.event.kind === "cap.ask_user")
  await session.send({ type: "cancel" })
  expect((await session.turn(before)).end.end).toEqual({ stop: "cancelled" })
  expect(agent.log).toContain("canceled")
  await session.close()
})

it("fails the turn with what the agent says", async () => {
  const session = await open(await start({ binding: "JSONRPC", version: "1.0" }))
  await session.prompt("nonsense")
  expect((await session.turn()).end.end).toEqual({ error: { kind: "driver_error", message: expect.stringContaining("failed: no scene nonsense") } })
  await session.close()
})

it("stops at the agent what it was doing when it is closed, and when it is taken up again", async () => {
  const agent = await start({ binding: "JSONRPC", version: "1.0" })
  const first = await open(agent)
  await first.prompt("hang")
  const seen = await first.until("text", (event) => event.type === "agent" && event.event.kind === "cap.text_chunk")
  const handle = seen.findLast((event) => event.type === "session.handle")
  const second = await open(agent, { resume: handle?.resume ?? "" })
  expect(agent.log).toContain("canceled")
  await second.prompt("hang")
  await second.until("text", (event) => event.type === "agent" && event.event.kind === "cap.text_chunk")
  await second.close()
  expect(agent.log.filter((line) => line === "canceled")).toHaveLength(2)
  await first.close()
})

describe("a token", () => {
  it("is sent from the environment", async () => {
    const agent = await start({ binding: "JSONRPC", version: "1.0", token: "sesame" })
    const session = await open(agent, { config: { token_env: "TOKEN" }, env: { TOKEN: "sesame" } })
    await session.prompt("hello")
    expect((await session.turn()).end.end).toEqual({ stop: "end_turn" })
    await session.close()
  })
  it("that is not there, or wrong, is an auth_error that does not show it", async () => {
    const agent = await start({ binding: "JSONRPC", version: "1.0", token: "sesame" })
    await expect(open(agent, { config: { token_env: "TOKEN" } })).rejects.toMatchObject({ kind: "auth_error", message: expect.stringContaining("TOKEN") })
    const wrong = open(agent, { config: { token_env: "TOKEN" }, env: { TOKEN: "open" } })
    await expect(wrong).rejects.toMatchObject({ kind: "auth_error", message: expect.stringContaining("401 who are you?") })
    await expect(wrong).rejects.not.toMatchObject({ message: expect.stringContaining("open") })
  })
})

describe("a CAP agent", () => {
  const config = { extension: "cap-protocol/v1" }
  it.each<readonly [string, Partial<AgentOptions>]>([
    ["A2A", { extensions: ["https://h/other", "cap-protocol/v1"] }],
    ["CAP", { capExtensions: ["cap-protocol/v1"] }],
  ])("says on its card that it is one, where %s has it, and is told that it is wanted as one", async (_, more) => {
    const agent = await start({ binding: "JSONRPC", version: "1.0", ...more })
    const session = await open(agent, { config })
    await session.prompt("hello")
    expect((await session.turn()).end.end).toEqual({ stop: "end_turn" })
    expect(agent.log).toContain("wants cap-protocol/v1")
    await session.close()
  })
  it("without it on its card is not driven as one", async () => {
    const agent = await start({ binding: "JSONRPC", version: "1.0", extensions: ["cap-protocol/v2"] })
    await expect(open(agent, { config })).rejects.toMatchObject({
      kind: "driver_error",
      message: expect.stringContaining("does not have the extension cap-protocol/v1"),
    })
    expect(agent.log).toEqual([])
    const driver = manifestDriver({
      name: "n",
      binary: "n",
      command: ["no-such-program"],
      columns: 80,
      rows: 24,
      parse: {},
      idle: "^> $",
      cancelsTurns: false,
      a2a: agent.url,
    })
    const context = { run: "r", session: "s", directory: "/", permissions: "ask", config: {}, env: {} } as const
    await expect(openTestSession(driver, context)).rejects.toMatchObject({ message: expect.stringContaining("cap-protocol/v1") })
  })
})

describe("core events of CAP in an agent's messages", () => {
  it.each(ways)("are told, asked and answered as what they are ($version, $binding)", async (way) => {
    const session = await open(await start(way))
    await session.prompt("cap")
    const { events, end } = await playTurn(session, "allow_always")
    expect(events.flatMap((event) => (event.type === "agent" && event.event.kind !== "cap.text_chunk" ? [event.event] : []))).toEqual([
      { kind: "cap.thought", text: "on it" },
      { kind: "cap.thought", text: "hm" },
      { kind: "cap.plan", entries: [{ id: "p1", content: "do it", status: "pending" }] },
      { kind: "cap.tool_call.start", call_id: "c", name: "Bash", input: { command: "ls" } },
      { kind: "cap.permission.request", req_id: "question-1", tool: "Bash", intent: { command: "rm -rf x" }, scope: "write", risk_level: "medium" },
      { kind: "cap.tool_call.end", call_id: "c", is_error: false },
      { kind: "cap.usage", input_tokens: 30, output_tokens: 12, cost_usd_estimate: 0.5 },
    ])
    expect(end).toMatchObject({ end: { stop: "end_turn" }, usage: { mode: "delta", tokens: 42, usd: 0.5 } })
    expect(JSON.parse(end.text ?? "")).toEqual([
      "allow_always",
      expect.objectContaining({ data: { req_id: "perm_01", decision: "allow_always" }, metadata: { cap: { kind: "cap.permission.response" } } }),
    ])
    await session.close()
  })

  it("say what a task failed of", async () => {
    const session = await open(await start({ binding: "JSONRPC", version: "1.0" }))
    await session.prompt("limited")
    expect((await session.turn()).end).toMatchObject({ end: { error: { kind: "rate_limit", message: expect.stringContaining("too much") } } })
    await session.close()
  })

  it.each<readonly [Json, Json, string, Json]>([
    [{ kind: "cap.permission.request", req_id: "p" }, "allow_once", "cap.permission.response", { req_id: "p", decision: "allow_once" }],
    [{ kind: "cap.permission.request", req_id: "p" }, "deny_always", "cap.permission.response", { req_id: "p", decision: "deny" }],
    [{ kind: "cap.permission.request", req_id: "p" }, null, "cap.permission.response", { req_id: "p", decision: "deny" }],
    [{ kind: "cap.ask_user", ask_id: "a" }, "pg", "cap.ask_user.answer", { ask_id: "a", value: "pg" }],
  ])("%j, answered %j", (asked, reply, kind, data) =>
    expect(answerPart({ ...fieldsOf(asked), kind: textOf(fieldsOf(asked)["kind"]) }, reply)).toEqual({ data, metadata: { cap: { kind } } }),
  )
})

it("does not go where the card of another host leads", async () => {
  const agent = await start({ binding: "JSONRPC", version: "1.0", elsewhere: "http://10.0.0.7/agent" })
  await expect(open(agent)).rejects.toMatchObject({ message: expect.stringContaining("leads to another host, http://10.0.0.7/agent") })
})

it("says that nobody is there", async () => {
  const agent = await startAgent({ binding: "JSONRPC", version: "1.0" })
  await agent.close()
  await expect(open(agent)).rejects.toMatchObject({ kind: "driver_error", message: expect.stringContaining("cannot be reached") })
})

it("prefers the new version, and knows no gRPC", () => {
  const card = {
    url: "http://h/old",
    protocolVersion: "0.3.0",
    supportedInterfaces: [
      { url: "http://h/grpc", protocolBinding: "GRPC", protocolVersion: "1.0" },
      { url: "http://h/new/", protocolBinding: "HTTP+JSON", protocolVersion: "1.0" },
    ],
  }
  expect(interfacesOf(card)).toEqual([
    { url: "http://h/new", binding: "HTTP+JSON", version: "1.0", streaming: false },
    { url: "http://h/old", binding: "JSONRPC", version: "0.3", streaming: false },
  ])
})

it.each([
  ["a/b", ""],
  ["a b", "c/d"],
])("finds a conversation again by %s %s", (context, task) => expect(readHandle(handleOf(context, task))).toEqual({ context, task }))
