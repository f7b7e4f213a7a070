import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it, vi } from "vitest"
import type { Json } from "#ir"
import { codex } from "../../../plugins/drivers/codex/index.ts"
import { openTestSession } from "../../../plugins/sdk/testing/index.ts"
import { codexExecFixture, codexFixture, smallAgent } from "./fixtures.ts"
import { playTurn } from "../../../plugins/sdk/testing/suite-place.ts"
import { suite } from "./suite.ts"

suite(codexFixture)
suite(codexExecFixture)

const place = mkdtempSync(join(tmpdir(), "codex-asks-"))
afterAll(() => rmSync(place, { recursive: true }))

const open = (session: string) =>
  openTestSession(codex, {
    run: place,
    session,
    config: { command: smallAgent("codex-agent") },
    directory: place,
    permissions: "ask",
    env: { PATH: process.env["PATH"] ?? "", HOME: place, FLEET_RUN: place, FLEET_SESSION: session },
  })

const color = { type: "object", properties: { color: { type: "string", enum: ["red", "blue"] } }, required: ["color"] }
const form = { threadId: "t", turnId: null, serverName: "x", mode: "form", _meta: null, message: "Which color?", requestedSchema: color }
/** As Codex 0.169 asks whether a tool of a server may be called. */
const toolApproval = {
  ...form,
  _meta: { codex_approval_kind: "mcp_tool_call", persist: ["session", "always"], tool_name: "act", tool_params: { a: "1" } },
  message: 'Allow the x MCP server to run tool "act"?',
  requestedSchema: { type: "object", properties: {} },
}
const none = { content: null, _meta: null }
const wanted = { content: {}, _meta: null }

describe("what the app server asks", () => {
  // Every request of its protocol (`codex app-server generate-ts`), with what we reply to those that somebody is asked.
  it.each<readonly [string, Json, Json, unknown]>([
    ["mcpServer/elicitation/request", form, "blue", { action: "accept", content: { color: "blue" }, _meta: null }],
    ["mcpServer/elicitation/request", form, null, { action: "decline", ...none }],
    ["mcpServer/elicitation/request", { ...form, mode: "openai/form" }, { color: "red" }, { action: "accept", content: { color: "red" }, _meta: null }],
    ["mcpServer/elicitation/request", { serverName: "x", mode: "url", message: "Sign in", url: "https://example.com" }, "no", { action: "decline", ...none }],
    ["mcpServer/elicitation/request", { mode: "openai/userVerification", title: "t", challenge: "c" }, "no", { action: "decline", ...none }],
    ["mcpServer/elicitation/request", toolApproval, "allow_once", { action: "accept", ...wanted }],
    ["mcpServer/elicitation/request", toolApproval, "allow_always", { action: "accept", content: {}, _meta: { persist: "session" } }],
    ["mcpServer/elicitation/request", toolApproval, "deny", { action: "decline", ...none }],
    ["item/commandExecution/requestApproval", { command: "ls" }, "allow_once", { decision: "accept" }],
    ["item/fileChange/requestApproval", { itemId: "f" }, "deny", { decision: "decline" }],
    ["item/permissions/requestApproval", { permissions: {} }, "deny", { permissions: {}, scope: "turn" }],
    ["item/tool/requestUserInput", { questions: [{ id: "c", question: "Which?" }] }, "red", { answers: { c: { answers: ["red"] } } }],
    ["item/tool/call", { tool: "mine" }, "", { success: false, contentItems: [{ type: "inputText", text: "there is no tool mine" }] }],
    ["currentTime/read", {}, "", { currentTimeAt: expect.closeTo(Date.now() / 1000, -3) }],
    ["account/chatgptAuthTokens/refresh", { reason: "unauthorized" }, "", "account/chatgptAuthTokens/refresh is not served"],
    ["attestation/generate", {}, "", "attestation/generate is not served"],
    ["applyPatchApproval", {}, "", "applyPatchApproval is not served"],
    ["execCommandApproval", {}, "", "execCommandApproval is not served"],
  ])("is answered: %s %j by %j", async (method, params, reply, answer) => {
    const session = await open("a")
    await session.prompt(`ASK:${JSON.stringify([[method, params]])}`)
    const { end } = await playTurn(session, reply)
    expect(JSON.parse(end.text ?? "")).toEqual([answer])
    await session.close()
  })

  it("is a question or a permission to the fleet", async () => {
    const session = await open("a")
    await session.prompt(
      `ASK:${JSON.stringify([
        ["mcpServer/elicitation/request", form],
        ["mcpServer/elicitation/request", { ...toolApproval, _meta: { ...toolApproval._meta, tool_annotations: { destructiveHint: true } } }],
      ])}`,
    )
    const { events } = await playTurn(session, "blue")
    expect(events.flatMap((event) => (event.type === "agent" && /ask|permission/u.test(event.event.kind) ? [event.event] : []))).toMatchObject([
      { kind: "cap.ask_user", prompt: "Which color?", form: { oneOf: [{ const: "red" }, { const: "blue" }] } },
      { kind: "cap.permission.request", tool: "x/act", intent: { a: "1" }, risk_level: "high", scope: "execute" },
    ])
    await session.close()
  })

  it("is cancelled when the turn has ended without it, or there is none", async () => {
    const session = await open("a")
    const requests = ["mcpServer/elicitation/request", "item/commandExecution/requestApproval"].flatMap((method) =>
      ["open", "after"].map((when) => [method, method.startsWith("mcp") ? form : {}, when]),
    )
    await session.prompt(`ASK:${JSON.stringify(requests)}`)
    // nobody answers
    await session.turn()
    const cancelled = [{ action: "cancel", ...none }, { decision: "cancel" }]
    const answers = () => JSON.parse(readFileSync(join(place, "given.json"), "utf8")).answers
    await vi.waitFor(() => expect(answers()).toEqual([...cancelled, ...cancelled]))
    await session.close()
  })
})

it("codex exec says that a message is lost", async () => {
  const directory = mkdtempSync(join(tmpdir(), "codex-exec-"))
  const env = { PATH: process.env["PATH"] ?? "", HOME: directory, FLEET_RUN: directory, FLEET_SESSION: "a", CODEX_AGENT: "without app-server" }
  const session = await openTestSession(codex, {
    run: directory,
    session: "a",
    config: { command: smallAgent("codex-agent") },
    directory,
    permissions: "ask",
    env,
  })
  await session.prompt("hang")
  await session.send({ type: "message", text: "hello?" })
  const seen = await session.until("a word of the message", (event) => event.type === "agent" && event.event.kind === "codex.message_lost")
  expect(seen.at(-1)).toMatchObject({ event: { text: "hello?" } })
  await session.close()
  rmSync(directory, { recursive: true })
})
