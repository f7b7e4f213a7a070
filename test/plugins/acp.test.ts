/** What the messages of ACP agents mean, as well-known agents were seen to send them. The conversation itself is in the driver suite. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { Json } from "#ir"
import { elicitationEvent, elicitationResult, fieldsOf } from "#sdk"
import { kindOf } from "../../plugins/drivers/acp/failures.ts"
import { acp } from "../../plugins/drivers/acp/index.ts"
import { permissionResult } from "../../plugins/drivers/acp/requests.ts"
import { handleOf, modeFor } from "../../plugins/drivers/acp/session.ts"
import { askedOf, inputOf, isTellable, mention, readToolUpdate, toolOf, type ToolCall } from "../../plugins/drivers/acp/tool-calls.ts"
import { readUpdate } from "../../plugins/drivers/acp/updates.ts"
import { openTestSession, type TestSession } from "../../plugins/sdk/testing/index.ts"

describe("updates", () => {
  const text = (of: string) => ({ type: "text", text: of })
  it.each<readonly [string, Json, ReadonlyArray<unknown>]>([
    [
      "a part of an answer",
      { sessionUpdate: "agent_message_chunk", messageId: "m", content: text("h") },
      [{ type: "part", of: "text", message: "m", text: "h" }],
    ],
    ["one without a message (gemini)", { sessionUpdate: "agent_message_chunk", content: text("h") }, [{ type: "part", of: "text", message: "", text: "h" }]],
    [
      "tokens beside an empty part (qwen)",
      { sessionUpdate: "agent_message_chunk", content: text(""), _meta: { usage: { totalTokens: 120 } } },
      [{ type: "tokens", tokens: 120 }],
    ],
    ["a thought", { sessionUpdate: "agent_thought_chunk", content: text("hm") }, [{ type: "part", of: "thought", text: "hm" }]],
    [
      "a whole answer (version 2)",
      { sessionUpdate: "agent_message", messageId: "m", content: [text("a"), text("b")] },
      [{ type: "whole", message: "m", text: "ab" }],
    ],
    ["what the user said", { sessionUpdate: "user_message_chunk", messageId: "u", content: text("x") }, [{ type: "echo", message: "u" }]],
    [
      "a plan",
      { sessionUpdate: "plan", entries: [{ content: "do", status: "pending", priority: "high" }] },
      [{ event: { kind: "cap.plan", entries: [{ id: "p1", content: "do", status: "pending", priority: "high" }] } }],
    ],
    ["what it costs", { sessionUpdate: "usage_update", used: 1, size: 2, cost: { amount: 0.5, currency: "USD" } }, [{ type: "cost", usd: 0.5 }]],
    ["what it costs in other money", { sessionUpdate: "usage_update", cost: { amount: 0.5, currency: "EUR" } }, []],
    ["trouble (codex)", { sessionUpdate: "session_info_update", _meta: { codex: { threadStatus: { type: "systemError" } } } }, [{ type: "trouble" }]],
    ["that it works", { sessionUpdate: "state_update", state: "running" }, [{ type: "running" }]],
    [
      "that it is done, without a reason (codex, version 2)",
      { sessionUpdate: "state_update", state: "idle", usage: { inputTokens: 2, outputTokens: 1 } },
      [{ type: "idle", ending: { stop: "", tokens: 3 } }],
    ],
    ["that it waits for an answer", { sessionUpdate: "state_update", state: "requires_action" }, [{ type: "running" }]],
    ["a notice", { sessionUpdate: "notice", severity: "warning", title: "hot" }, [{ event: { kind: "acp.notice", severity: "warning", text: "hot" } }]],
    ["something new", { sessionUpdate: "_vendor/thing" }, []],
    ["garbage", { content: 3 }, []],
  ])("tell of %s", (_what, update, meanings) => {
    const read = readUpdate(fieldsOf(update))
    expect(read).toHaveLength(meanings.length)
    expect(read).toMatchObject(meanings)
  })
})

describe("tool calls", () => {
  const after = (...updates: ReadonlyArray<Json>): ReadonlyArray<{ readonly call: ToolCall; readonly told: boolean }> => {
    const seen: Array<{ readonly call: ToolCall; readonly told: boolean }> = []
    for (const update of updates) {
      const before = seen.at(-1)?.call
      const call = mention(before, readToolUpdate(fieldsOf(update)))
      seen.push({ call, told: isTellable(call, before !== undefined) })
    }
    return seen
  }
  it("are told with their input, which comes late (claude-agent-acp)", () => {
    const seen = after(
      { toolCallId: "1", name: "Bash", status: "pending", title: "Terminal", kind: "execute", rawInput: {} },
      { toolCallId: "1", title: "touch a", rawInput: { command: "touch a" } },
    )
    expect(seen.map(({ told }) => told)).toEqual([false, true])
    expect(seen.at(-1)?.call).toMatchObject({ name: "Bash", input: { command: "touch a" } })
  })
  it("are told at once when they run (codex-acp), or are over (gemini)", () => {
    expect(after({ toolCallId: "1", status: "in_progress", rawInput: { command: "a" } })[0]?.told).toBe(true)
    expect(after({ toolCallId: "1", status: "completed", title: "touch a" })[0]?.told).toBe(true)
  })
  it("have their title for a command where there is nothing else (gemini)", () => {
    const [seen] = after({ toolCallId: "1", title: "touch a", kind: "execute", locations: [] })
    expect(seen && [toolOf(seen.call), inputOf(seen.call)]).toEqual(["execute", { title: "touch a", command: "touch a" }])
  })
  it("are asked about in the words in which they were told (opencode), unless they have changed", () => {
    const call: ToolCall = {
      ...mention(undefined, readToolUpdate({ toolCallId: "1", kind: "execute", rawInput: { command: "a", cwd: "/w" } })),
      told: { tool: "execute", input: { command: "a", cwd: "/w" } },
    }
    const asked = (rawInput: Json) => {
      const update = readToolUpdate({ toolCallId: "1", rawInput })
      return askedOf(mention(call, update), update).input
    }
    expect(asked({ command: "a" })).toEqual({ command: "a", cwd: "/w" })
    expect(asked({ command: "b" })).toEqual({ command: "b" })
  })
})

describe("permissions", () => {
  const option = (kind: string, optionId = kind) => ({ kind, optionId, name: kind })
  const chosen = (optionId: string) => ({ outcome: { outcome: "selected", optionId } })
  it.each<readonly [Json, ReadonlyArray<Json>, Json]>([
    ["allow_once", [option("allow_always"), option("allow_once", "once")], chosen("once")],
    ["allow_once", [option("allow_once", "first"), option("allow_once", "second")], chosen("first")],
    ["allow_once", [option("allow_always"), option("reject_once")], { outcome: { outcome: "cancelled" } }],
    ["allow_always", [option("allow_once"), option("allow_always")], chosen("allow_always")],
    ["allow_always", [option("allow_once")], chosen("allow_once")],
    ["deny", [option("allow_once"), option("reject_once", "cancel")], chosen("cancel")],
    ["deny", [option("reject_always")], chosen("reject_always")],
    ["deny_always", [option("reject_once"), option("reject_always")], chosen("reject_always")],
    ["deny", [option("allow_once"), option("of a later version")], { outcome: { outcome: "cancelled" } }],
  ])("%j of %j", (reply, options, result) => expect(permissionResult(options, reply)).toEqual(result))
})

describe("errors of CAP", () => {
  // the number, the name among the data, and the name before the words are one
  it.each([
    [-32004, "cap_budget_exceeded", "budget_exceeded"],
    [-32003, "cap_unsupported_capability", "capability_denied"],
    [-32020, "cap_scope_violation", "capability_denied"],
    [-32603, "context_overflow", "max_tokens"],
    [-32603, "tool_timeout", "timeout"],
    [-32603, "pty_died", "agent_exited"],
    [-32603, "rate_limit", "rate_limit"],
    [-32009, "cap_binding_unavailable", "driver_error"],
  ])("%d %s is %s", (code, name, kind) => {
    expect(kindOf(-32603, "no", { code: name })).toBe(kind)
    expect(kindOf(-32603, `${name}: no`, undefined)).toBe(kind)
    if (code !== -32603) expect(kindOf(code, "no", undefined)).toBe(kind)
  })
})

describe("questions", () => {
  const form = (properties: { readonly [name: string]: Json }): { readonly [key: string]: Json } => ({
    mode: "form",
    message: "Well?",
    requestedSchema: { type: "object", properties },
  })
  it("show what there is to choose from", () =>
    expect(elicitationEvent("q", form({ color: { type: "string", oneOf: [{ const: "r", title: "red" }] } }))).toEqual({
      kind: "cap.ask_user",
      ask_id: "q",
      prompt: "Well?",
      form: { type: "string", oneOf: [{ const: "r", title: "red" }] },
    }))
  it.each<readonly [{ readonly [name: string]: Json }, Json, Json]>([
    [{ color: { type: "string", oneOf: [{ const: "r", title: "red" }] } }, "red", { color: "r" }],
    [{ count: { type: "integer" } }, "3", { count: 3 }],
    [{ sure: { type: "boolean" } }, "yes", { sure: true }],
    [{ some: { type: "array", items: { enum: ["a", "b"] } } }, "a", { some: ["a"] }],
    [
      { a: { type: "string" }, b: { type: "number" } },
      { a: "x", b: 2 },
      { a: "x", b: 2 },
    ],
    [{ a: { type: "string" }, b: { type: "number" } }, ["x", 2], { a: "x", b: 2 }],
  ])("%j answered by %j", (properties, reply, content) => expect(elicitationResult(form(properties), reply)).toEqual({ action: "accept", content }))
  it("that nobody answers are declined", () => expect(elicitationResult(form({}), null)).toEqual({ action: "decline" }))
})

it.each([
  ["ask", "auto", ["auto", "default"], "default"],
  ["ask", "agent", ["read-only", "workspace-write", "agent"], "workspace-write"],
  ["deny", "agent", ["read-only", "workspace-write", "agent"], "read-only"],
  ["bypass", "default", ["default", "bypassPermissions"], "bypassPermissions"],
  ["ask", "default", ["default", "yolo"], undefined],
  ["ask", "build", ["build", "plan"], undefined],
  ["bypass", "build", ["build", "plan"], undefined],
] as const)("mode for %s, in %s of %j", (permissions, current, offered, mode) => expect(modeFor(permissions, current, offered)).toBe(mode))

describe("the end of a turn", () => {
  const directory = mkdtempSync(join(tmpdir(), "acp-"))
  let session: TestSession
  beforeAll(async () => {
    const agent = fileURLToPath(new URL("drivers/agents/acp-agent.mjs", import.meta.url))
    const env = { PATH: process.env["PATH"] ?? "", HOME: directory, FLEET_RUN: directory, FLEET_SESSION: "a" }
    session = await openTestSession(acp, {
      run: directory,
      session: "a",
      directory,
      permissions: "ask",
      config: { target: process.execPath, args: [agent] },
      env,
    })
  })
  afterAll(async () => {
    await session.close()
    rmSync(directory, { recursive: true, force: true })
  })
  const says = (text: string, messageId?: string) => ({
    sessionUpdate: "agent_message_chunk",
    content: { type: "text", text },
    ...(messageId === undefined ? {} : { messageId }),
  })
  const usage = { totalTokens: 5 }
  const failed = (kind: string, message: string) => ({ error: { kind, message: expect.stringContaining(message) } })

  it.each<readonly [string, Json, unknown]>([
    ["a good one", { updates: [says("fine", "m")], result: { stopReason: "end_turn", usage } }, { stop: "end_turn" }],
    ["an answer about errors", { updates: [says("Error: is what it prints", "m")], result: { stopReason: "end_turn", usage } }, { stop: "end_turn" }],
    [
      "one with tokens elsewhere (gemini)",
      { updates: [says("Error: no")], result: { stopReason: "end_turn", _meta: { quota: { token_count: { input_tokens: 1, output_tokens: 1 } } } } },
      { stop: "end_turn" },
    ],
    ["too many tokens", { result: { stopReason: "max_tokens", usage } }, { stop: "max_tokens" }],
    ["too many turns", { result: { stopReason: "max_turn_requests", usage } }, { stop: "max_turns" }],
    ["a refusal", { result: { stopReason: "refusal" } }, { stop: "refusal" }],
    [
      "an error in disguise (codex-acp)",
      { updates: [says("Warning: old"), says("exceeded retry limit, last status: 429 Too Many Requests")], result: { stopReason: "end_turn", usage: null } },
      failed("rate_limit", "429"),
    ],
    [
      "an error in disguise (copilot)",
      {
        updates: [
          says("Info: trying"),
          { sessionUpdate: "tool_call", toolCallId: "1", title: "x", status: "completed" },
          says("Info: Retrying..."),
          says("Error: Authentication failed (HTTP 401)."),
        ],
        result: { stopReason: "end_turn" },
      },
      failed("auth_error", "HTTP 401"),
    ],
    ["not signed in", { error: { code: -32000, message: "Authentication required" } }, failed("auth_error", "sign in with the agent itself")],
    [
      "a limit (claude-agent-acp)",
      { error: { code: -32603, message: "Internal error", data: { errorKind: "rate_limit" } } },
      failed("rate_limit", "Internal error"),
    ],
    ["a status (gemini)", { error: { code: 429, message: "slow" } }, failed("rate_limit", "slow")],
    ["anything else (opencode)", { error: { code: -32603, message: "Internal error: nope", data: { errorName: "APIError" } } }, failed("driver_error", "nope")],
  ])("%s", async (_what, raw, end) => {
    await session.prompt(`RAW:${JSON.stringify(raw)}`)
    expect((await session.turn()).end.end).toEqual(end)
  })

  it("tells what the turn has cost, and the conversation is found again with that", async () => {
    const cost = (amount: number) => ({ sessionUpdate: "usage_update", used: 1, size: 1, cost: { amount, currency: "USD" } })
    const played = async (amount: number) => {
      await session.prompt(`RAW:${JSON.stringify({ updates: [says("x", "m"), cost(amount)], result: { stopReason: "end_turn", usage } })}`)
      return session.turn()
    }
    expect((await played(0.5)).end.usage).toEqual({ mode: "delta", tokens: 5, usd: 0.5 })
    const { end, events } = await played(0.75)
    expect(end.usage).toEqual({ mode: "delta", tokens: 5, usd: 0.25 })
    expect(events).toContainEqual({ type: "session.handle", resume: expect.stringMatching(/^usd=0\.75 /u) })
    expect(handleOf("id", 0)).toBe("id")
  })
})
