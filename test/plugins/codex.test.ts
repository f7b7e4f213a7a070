/** What Codex's messages mean, and what it is told. The conversation itself is in the driver suite. */
import type { Json } from "#ir"
import { fieldsOf } from "#sdk"
import { describe, expect, it } from "vitest"
import { readServerRequest } from "../../plugins/drivers/codex/approvals.ts"
import { codexConfig, costOf, programOf, sandboxOf, threadParams, tokensOf, type CodexContext } from "../../plugins/drivers/codex/config.ts"
import { execCommand } from "../../plugins/drivers/codex/exec.ts"
import { textFailure, turnFailure } from "../../plugins/drivers/codex/failures.ts"
import { readNotification } from "../../plugins/drivers/codex/notifications.ts"
import { isStrictSchema } from "../../plugins/drivers/codex/strict-schema.ts"

describe("notifications", () => {
  const command = { type: "commandExecution", id: "c", command: "ls", cwd: "/w", status: "declined" }
  it.each<readonly [string, Json, ReadonlyArray<unknown>]>([
    ["turn/started", { threadId: "t", turn: { id: "1" } }, [{ type: "turn.started", turn: "1" }]],
    ["item/agentMessage/delta", { threadId: "t", itemId: "m", delta: "h" }, [{ type: "part", of: "text", item: "m", text: "h" }]],
    ["item/agentMessage/delta", { threadId: "of a helper", itemId: "m", delta: "h" }, []],
    ["item/reasoning/summaryTextDelta", { itemId: "m", delta: "h" }, [{ type: "part", of: "thought" }]],
    ["item/started", { item: { ...command, status: "inProgress" } }, [{ type: "tool", of: { call: "c", tool: "shell", input: { command: "ls", cwd: "/w" } } }]],
    ["item/completed", { item: command }, [{ type: "tool.done", of: { call: "c", isError: true } }]],
    ["item/completed", { item: { ...command, status: "completed" } }, [{ type: "tool.done", of: { isError: false } }]],
    [
      "item/started",
      { item: { type: "fileChange", id: "f", changes: [{ path: "/w/a", kind: { type: "add" }, diff: "x" }] } },
      [{ of: { tool: "apply_patch", input: { changes: [{ path: "/w/a", kind: "add" }] } } }],
    ],
    ["item/started", { item: { type: "mcpToolCall", id: "x", server: "s", tool: "do", arguments: { a: 1 } } }, [{ of: { tool: "s/do", input: { a: 1 } } }]],
    ["item/started", { item: { type: "userMessage", id: "u" } }, []],
    ["item/completed", { item: { type: "agentMessage", id: "m", text: "hi" } }, [{ type: "text", item: "m", text: "hi" }]],
    ["item/completed", { item: { type: "reasoning", id: "m", summary: ["a", "b"] } }, [{ type: "thought", text: "a\nb" }]],
    [
      "turn/plan/updated",
      { plan: [{ step: "do", status: "inProgress" }] },
      [{ event: { kind: "cap.plan", entries: [{ id: "p1", content: "do", status: "in_progress" }] } }],
    ],
    [
      "thread/tokenUsage/updated",
      { tokenUsage: { total: { inputTokens: 3, cachedInputTokens: 1, outputTokens: 2 } } },
      [{ type: "tokens", tokens: { input: 3, cached: 1, output: 2 } }],
    ],
    ["error", { willRetry: true, error: { message: "again" } }, [{ event: { kind: "codex.retry", error: "again" } }]],
    [
      "error",
      { willRetry: true, error: { message: "slow", codexErrorInfo: "rateLimitExceeded" } },
      [{ event: { kind: "cap.error", code: "rate_limit", message: "slow", retryable: true } }],
    ],
    ["error", { willRetry: false, error: { message: "over" } }, []],
    ["serverRequest/resolved", { requestId: 0 }, [{ type: "withdrawn", id: 0 }]],
    ["turn/completed", { turn: { id: "1", status: "completed" } }, [{ end: { stop: "end_turn" } }]],
    ["turn/completed", { turn: { id: "1", status: "interrupted" } }, [{ end: { stop: "cancelled" } }]],
    [
      "turn/completed",
      { turn: { id: "1", status: "failed", error: { message: "no", codexErrorInfo: "unauthorized" } } },
      [{ end: { error: { kind: "auth_error", message: "no" } } }],
    ],
    ["something/new", {}, []],
    ["item/completed", { item: "no record" }, []],
  ])("%s %j", (method, params, meanings) => {
    const read = readNotification("t", method, fieldsOf(params))
    expect(read).toHaveLength(meanings.length)
    expect(read).toMatchObject(meanings)
  })
})

describe("failures", () => {
  it.each<readonly [Json, string]>([
    ["usageLimitExceeded", "rate_limit"],
    [{ responseTooManyFailedAttempts: { httpStatusCode: 429 } }, "rate_limit"],
    [{ httpConnectionFailed: { httpStatusCode: 401 } }, "auth_error"],
    [{ httpConnectionFailed: { httpStatusCode: null } }, "driver_error"],
    ["sessionBudgetExceeded", "budget_exceeded"],
    ["contextWindowExceeded", "max_tokens"],
    ["somethingNew", "driver_error"],
    [null, "driver_error"],
  ])("%j is %s", (codexErrorInfo, kind) => expect(turnFailure({ message: "m", codexErrorInfo })).toEqual({ kind, message: "m" }))
  it.each([
    ["last status: 429 Too Many Requests", "rate_limit"],
    ["401 Unauthorized", "auth_error"],
    ["boom", "driver_error"],
  ])("%s is %s", (text, kind) => expect(textFailure(text).kind).toBe(kind))
})

describe("approvals", () => {
  const read = (method: string, params: Json) => readServerRequest("r", method, fieldsOf(params), (item) => [`changes of ${item}`])
  it.each<readonly [string, Json, unknown]>([
    [
      "item/commandExecution/requestApproval",
      { command: "ls", cwd: "/w", reason: null },
      { req_id: "r", tool: "shell", intent: { command: "ls", cwd: "/w" }, risk_level: "medium" },
    ],
    ["item/commandExecution/requestApproval", { command: "bash -lc 'rm -rf /'" }, { risk_level: "high" }],
    ["item/fileChange/requestApproval", { itemId: "f" }, { tool: "apply_patch", intent: { changes: ["changes of f"] }, risk_level: "medium", scope: "write" }],
    ["item/fileChange/requestApproval", { itemId: "f", grantRoot: "/" }, { risk_level: "high" }],
    ["item/permissions/requestApproval", { permissions: { network: {} } }, { tool: "permissions", risk_level: "high" }],
    [
      "item/tool/requestUserInput",
      { questions: [{ id: "c", question: "Which?", options: [{ label: "red" }] }] },
      { kind: "cap.ask_user", prompt: "Which?", form: { oneOf: [{ const: "red", title: "red" }] } },
    ],
  ])("%s %j", (method, params, event) => expect(read(method, params)?.event).toMatchObject(Object(event)))

  it.each<readonly [string, Json, Json, Json]>([
    ["item/commandExecution/requestApproval", {}, "allow_once", { decision: "accept" }],
    ["item/commandExecution/requestApproval", {}, "allow_always", { decision: "acceptForSession" }],
    ["item/commandExecution/requestApproval", {}, "deny", { decision: "decline" }],
    ["item/commandExecution/requestApproval", {}, { odd: 1 }, { decision: "decline" }],
    ["item/permissions/requestApproval", { permissions: { network: {} } }, "allow_once", { permissions: { network: {} }, scope: "turn" }],
    ["item/permissions/requestApproval", { permissions: { network: {} } }, "deny", { permissions: {}, scope: "turn" }],
    ["item/tool/requestUserInput", { questions: [{ id: "c", question: "Which?" }] }, "red", { answers: { c: { answers: ["red"] } } }],
    [
      "item/tool/requestUserInput",
      {
        questions: [
          { id: "c", question: "Which?" },
          { id: "d", question: "Why?" },
        ],
      },
      { "Which?": ["red", "blue"], d: 1 },
      { answers: { c: { answers: ["red", "blue"] }, d: { answers: ["1"] } } },
    ],
    ["item/tool/requestUserInput", { questions: [{ id: "c", question: "Which?" }] }, null, { answers: { c: { answers: [] } } }],
  ])("%s %j, answered %j", (method, params, reply, result) => expect(read(method, params)?.result(reply)).toEqual(result))

  it("ask about nothing else", () => expect(read("item/tool/call", {})).toBeUndefined())
})

describe("what a session says", () => {
  const context = (more: Partial<CodexContext> = {}): CodexContext => ({
    run: "r",
    session: "a",
    config: {},
    directory: "/w",
    permissions: "ask",
    env: {},
    ...more,
  })

  it("goes to the thread", () => {
    expect(threadParams(context({ model: "m", systemPrompt: "be brief" }))).toEqual({
      cwd: "/w",
      approvalPolicy: "untrusted",
      sandbox: "workspace-write",
      model: "m",
      developerInstructions: "be brief",
    })
    expect(threadParams(context({ permissions: "bypass" }))).toMatchObject({ approvalPolicy: "never", sandbox: "danger-full-access" })
    expect(sandboxOf(context({ permissions: "deny" }))).toBe("read-only")
    expect(sandboxOf(context({ permissions: "bypass", config: { sandbox: "read-only" } }))).toBe("read-only")
  })

  it("goes to the command line", () => {
    expect(programOf(context({ env: { CODEX_BIN: "/opt/codex" }, config: { args: ["-c", "a=1"] } }))).toEqual(["/opt/codex", "-c", "a=1"])
    expect(execCommand(context({ model: "m", systemPrompt: 'say "hi"' }), "T")).toEqual([
      "codex",
      "exec",
      "--json",
      "--skip-git-repo-check",
      "--sandbox",
      "workspace-write",
      "--model",
      "m",
      "-c",
      'developer_instructions="say \\"hi\\""',
      "resume",
      "T",
      "-",
    ])
  })

  it("reads its configuration", () => {
    const price = { input: 1.25, cached: 0.125, output: 10 }
    expect(codexConfig.decode({ price, sandbox: "read-only", stall_timeout: "5m" })).toEqual({
      ok: true,
      value: { price, sandbox: "read-only", stall_timeout: 300_000 },
    })
    expect(codexConfig.decode({ price: { input: 1, output: 2 } })).toEqual({ ok: true, value: { price: { input: 1, cached: 1, output: 2 } } })
    for (const wrong of [{ sandbox: "none" }, { price: 3 }, { price: { input: -1, output: 1 } }, { price: { input: 1, output: 1, per: "k" } }])
      expect(codexConfig.decode(wrong)).toMatchObject({ ok: false })
    expect(costOf(tokensOf({ inputTokens: 1_000_000, cachedInputTokens: 400_000, outputTokens: 100_000 }), price)).toBeCloseTo(0.75 + 0.05 + 1)
  })
})

describe("a schema the service takes", () => {
  const closed = (properties: { readonly [name: string]: Json }, required = Object.keys(properties)): Json => ({
    type: "object",
    properties,
    required,
    additionalProperties: false,
  })
  it.each<readonly [Json, boolean]>([
    [closed({ a: { type: "string" } }), true],
    [closed({ a: { type: "array", items: closed({ b: { type: "number" } }) } }), true],
    [closed({ a: { type: "string" } }, []), false],
    [{ type: "object", properties: { a: { type: "string" } }, required: ["a"] }, false],
    [closed({ a: { type: "object", properties: { b: {} } } }), false],
    [{ type: "string" }, false],
    [closed({ a: { oneOf: [{ type: "string" }] } }), false],
    [true, false],
  ])("%j: %j", (schema, strict) => expect(isStrictSchema(schema)).toBe(strict))
})
