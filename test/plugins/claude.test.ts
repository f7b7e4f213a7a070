/** What Claude Code's frames mean, and what it is told. The conversation itself is in the driver suite. */
import type { Json } from "#ir"
import type { DriverContext } from "#sdk"
import { describe, expect, it } from "vitest"
import { claudeConfig, commandOf, type ClaudeConfig } from "../../plugins/drivers/claude/arguments.ts"
import { readFrame } from "../../plugins/drivers/claude/frames.ts"
import { answerTo, requestEvent, riskOf } from "../../plugins/drivers/claude/permission.ts"

const result = (more: { readonly [key: string]: Json }) => ({ type: "result", subtype: "success", is_error: false, ...more })

describe("frames", () => {
  const rows: ReadonlyArray<readonly [{ readonly [key: string]: Json }, unknown]> = [
    [
      result({ total_cost_usd: 0.5, modelUsage: { m: { inputTokens: 3, outputTokens: 4 } } }),
      [{ type: "result", end: { stop: "end_turn" }, usage: { mode: "cumulative", usd: 0.5, tokens: 7 } }],
    ],
    [result({ is_error: true, api_error_status: 429, result: "slow" }), [{ end: { error: { kind: "rate_limit", message: "slow" } } }]],
    [result({ is_error: true, api_error_status: 401, result: "key" }), [{ end: { error: { kind: "auth_error" } } }]],
    [result({ is_error: true, api_error_status: 500, result: "down" }), [{ end: { error: { kind: "driver_error" } } }]],
    [result({ is_error: true, subtype: "error_max_turns" }), [{ end: { stop: "max_turns" } }]],
    [result({ is_error: true, subtype: "error_during_execution", terminal_reason: "aborted_tools" }), [{ end: { stop: "cancelled" } }]],
    [
      result({ is_error: true, subtype: "error_during_execution", errors: ["No conversation found"] }),
      [{ end: { error: { message: "No conversation found" } } }],
    ],
    [{ type: "assistant", message: { content: [{ type: "text", text: "hi" }] }, parent_tool_use_id: null }, [{ type: "text", text: "hi" }]],
    [{ type: "assistant", message: { content: [{ type: "text", text: "hi" }] }, parent_tool_use_id: "t" }, []],
    [{ type: "assistant", is_api_error_message: true, message: { content: [{ type: "text", text: "API Error" }] } }, []],
    [result({ structured_output: { a: 1 } }), [{ output: { a: 1 } }]],
    [
      { type: "assistant", message: { content: [{ type: "tool_use", id: "t", name: "Bash", input: {} }] }, parent_tool_use_id: "p" },
      [{ type: "tool", call: "t" }],
    ],
    [{ type: "user", message: { content: [{ type: "tool_result", tool_use_id: "t", is_error: true }] } }, [{ type: "tool.done", call: "t", isError: true }]],
    [
      { type: "stream_event", event: { type: "content_block_delta", delta: { type: "text_delta", text: "h" } }, parent_tool_use_id: null },
      [{ type: "part", of: "text", text: "h" }],
    ],
    [{ type: "stream_event", event: { type: "content_block_delta", delta: { type: "text_delta", text: "h" } }, parent_tool_use_id: "t" }, []],
    [{ type: "system", subtype: "api_retry", attempt: 1, error: "server_error" }, [{ type: "event", event: { kind: "claude.api_retry", attempt: 1 } }]],
    [
      { type: "system", subtype: "api_retry", attempt: 1, retry_delay_ms: 573, error: "rate_limit" },
      [{ type: "event", event: { kind: "cap.error", code: "rate_limit", retryable: true, details: { retry_delay_ms: 573 } } }],
    ],
    [{ type: "control_request", request_id: "r", request: { subtype: "new" } }, [{ type: "unknown", request: "r", subtype: "new" }]],
    [{ type: "control_cancel_request", request_id: "r" }, [{ type: "withdrawn", request: "r" }]],
    [{ type: "something new" }, []],
    [{ type: "assistant", message: { content: "not a list" } }, []],
    [{}, []],
  ]
  it.each(rows)("%j", (frame, meaning) => expect(JSON.parse(JSON.stringify(readFrame(frame)))).toMatchObject(Object(meaning)))

  it.each([
    ["Read", {}, "low"],
    ["Write", {}, "medium"],
    ["Bash", { command: "ls" }, "medium"],
    ["Bash", { command: "sudo rm -rf /" }, "high"],
    ["New", {}, "medium"],
  ])("%s %j is of %s risk", (tool, input, risk) => expect(riskOf(tool, input).risk_level).toBe(risk))
})

describe("permission", () => {
  const suggestions = [
    { type: "addRules", behavior: "allow", rules: [{ toolName: "Bash", ruleContent: "ls *" }], destination: "localSettings" },
    { type: "setMode", mode: "acceptEdits" },
  ]
  const bash = { tool: "Bash", input: { command: "ls" }, suggestions }
  const session = (rules: Json): Json => ({
    behavior: "allow",
    updatedInput: { command: "ls" },
    updatedPermissions: [{ type: "addRules", rules, behavior: "allow", destination: "session" }],
  })
  it.each<readonly [Json, Json]>([
    ["allow_once", { behavior: "allow", updatedInput: { command: "ls" } }],
    ["allow", { behavior: "allow", updatedInput: { command: "ls" } }],
    ["allow_always", session([{ toolName: "Bash", ruleContent: "ls *" }])],
    ["deny", { behavior: "deny", message: "The fleet does not permit this." }],
    ["deny_always", { behavior: "deny", message: "The fleet does not permit this." }],
    [{ strange: 1 }, { behavior: "deny", message: "The fleet does not permit this." }],
  ])("%j is answered with %j", (reply, answer) => expect(answerTo(bash, reply)).toEqual(answer))

  it("allows the tool where nothing was suggested", () => {
    expect(answerTo({ ...bash, suggestions: [] }, "allow_always")).toEqual(session([{ toolName: "Bash" }]))
  })

  const asked = {
    tool: "AskUserQuestion",
    suggestions: [],
    input: { questions: [{ question: "Which?", header: "Q", options: [{ label: "a" }, { label: "b" }] }] },
  }
  it("turns the tool that asks into a question", () => {
    expect(requestEvent("r", asked)).toEqual({
      kind: "cap.ask_user",
      ask_id: "r",
      prompt: "Which?",
      form: {
        type: "string",
        oneOf: [
          { const: "a", title: "a" },
          { const: "b", title: "b" },
        ],
      },
    })
  })
  it.each<readonly [Json, string]>([
    ["a", "a"],
    [["a"], "a"],
    [{ "Which?": "b" }, "b"],
    [{ Q: ["a", "b"] }, "a, b"],
    [3, "3"],
  ])("%j answers %j", (reply, text) => expect(answerTo(asked, reply)).toMatchObject({ behavior: "allow", updatedInput: { answers: { "Which?": text } } }))
  it("refuses what nobody answers", () => expect(answerTo(asked, null)).toMatchObject({ behavior: "deny" }))
})

describe("the command line", () => {
  const context = (more: Partial<DriverContext<Partial<ClaudeConfig>>> = {}): DriverContext<Partial<ClaudeConfig>> => ({
    run: "r",
    session: "a",
    config: {},
    directory: "/",
    permissions: "ask",
    env: {},
    ...more,
  })

  it("passes on what the session says", () => {
    expect(commandOf(context({ model: "m", maxTurns: 3, systemPrompt: "be brief", resume: "s1", permissions: "bypass" })).slice(10)).toEqual([
      "--model",
      "m",
      "--max-turns",
      "3",
      "--append-system-prompt",
      "be brief",
      "--resume",
      "s1",
      "--dangerously-skip-permissions",
    ])
    expect(commandOf(context())).not.toContain("--dangerously-skip-permissions")
    const config = { command: ["node", "x"], allowed_tools: ["Bash(git *)", "Edit"], disallowed_tools: [], add_dirs: ["/d"], args: ["--effort", "low"] }
    const command = commandOf(context({ config }))
    expect(command.slice(0, 3)).toEqual(["node", "x", "-p"])
    expect(command.slice(-7)).toEqual(["--allowedTools", "Bash(git *)", "Edit", "--add-dir", "/d", "--effort", "low"])
  })

  it("finds the program where the environment says", () => expect(commandOf(context({ env: { CLAUDE_BIN: "/opt/claude" } }))[0]).toBe("/opt/claude"))

  it("reads its configuration", () => {
    expect(claudeConfig.decode(undefined)).toEqual({ ok: true, value: {} })
    expect(claudeConfig.decode({ stall_timeout: "1m30s", args: [] })).toEqual({ ok: true, value: { stall_timeout: 90_000, args: [] } })
    for (const wrong of [{ args: "x" }, { stall_timeout: "soon" }, { stall_timeout: "0s" }, { command: [] }, { more: 1 }, [], "x"]) {
      expect(claudeConfig.decode(wrong)).toMatchObject({ ok: false })
    }
  })
})
