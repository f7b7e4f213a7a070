import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Json } from "#ir"
import type { DriverContext, DriverEvent, DriverHandle } from "#sdk"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { argumentsOf } from "../../plugins/drivers/claude/index.ts"
import { readFrame, riskOf } from "../../plugins/drivers/claude/frames.ts"
import { builtinDrivers } from "../../plugins/index.ts"

const result = (more: { readonly [key: string]: Json }) => ({ type: "result", subtype: "success", is_error: false, ...more })

describe("frames", () => {
  const rows: ReadonlyArray<readonly [{ readonly [key: string]: Json }, unknown]> = [
    [result({ total_cost_usd: 0.5, modelUsage: { m: { inputTokens: 3, outputTokens: 4 } } }), [{ type: "result", end: { stop: "end_turn" }, usage: { mode: "cumulative", usd: 0.5, tokens: 7 } }]],
    [result({ is_error: true, api_error_status: 429, result: "slow" }), [{ end: { error: { kind: "rate_limit", message: "slow" } } }]],
    [result({ is_error: true, api_error_status: 401, result: "key" }), [{ end: { error: { kind: "auth_error" } } }]],
    [result({ is_error: true, api_error_status: 500, result: "down" }), [{ end: { error: { kind: "driver_error" } } }]],
    [result({ is_error: true, subtype: "error_max_turns" }), [{ end: { stop: "max_turns" } }]],
    [result({ is_error: true, subtype: "error_during_execution", terminal_reason: "aborted_tools" }), [{ end: { stop: "cancelled" } }]],
    [result({ is_error: true, subtype: "error_during_execution", errors: ["No conversation found"] }), [{ end: { error: { message: "No conversation found" } } }]],
    [{ type: "assistant", message: { content: [{ type: "text", text: "hi" }] }, parent_tool_use_id: null }, [{ type: "text", text: "hi" }]],
    [{ type: "assistant", message: { content: [{ type: "text", text: "hi" }] }, parent_tool_use_id: "t" }, []],
    [{ type: "assistant", is_api_error_message: true, message: { content: [{ type: "text", text: "API Error" }] } }, []],
    [{ type: "something new" }, []],
    [{}, []],
  ]
  it.each(rows)("%j", (frame, meaning) => expect(JSON.parse(JSON.stringify(readFrame(frame)))).toMatchObject(Object(meaning)))

  it.each([["Read", {}, "low"], ["Write", {}, "medium"], ["Bash", { command: "ls" }, "medium"], ["Bash", { command: "sudo rm -rf /" }, "high"], ["New", {}, "medium"]])(
    "%s %j is of %s risk", (tool, input, risk) => expect(riskOf(tool, input).risk_level).toBe(risk))
})

let directory = ""
beforeEach(() => { directory = mkdtempSync(join(tmpdir(), "claude-")) })
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const context = (bin: string): DriverContext<unknown> => ({
  run: directory, session: "a", config: {}, directory, permissions: "ask",
  env: { PATH: process.env["PATH"] ?? "", FLEET_RUN: directory, FLEET_SESSION: "a", CLAUDE_BIN: bin },
})

/** A stand-in that asks before it works, stops when interrupted, and talks nonsense when told to. */
const fake = `#!${process.execPath}
const say = (frame) => process.stdout.write(JSON.stringify(frame) + "\\n")
require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const frame = JSON.parse(line)
  if (frame.type === "user") {
    const text = frame.message.content[0].text
    if (text === "garbage") return process.stdout.write("}{ not json\\n")
    if (text === "die") { process.stderr.write("out of luck\\n"); return process.exit(7) }
    say({ type: "system", subtype: "init", session_id: "s1" })
    say({ type: "control_request", request_id: "p1", request: { subtype: "can_use_tool", tool_name: "Bash", input: { command: "ls" } } })
  } else if (frame.type === "control_response") {
    say({ type: "assistant", message: { content: [{ type: "text", text: JSON.stringify(frame.response.response) }] }, parent_tool_use_id: null })
    say({ type: "result", subtype: "success", is_error: false, total_cost_usd: 0.1, modelUsage: {} })
  } else say({ type: "result", subtype: "error_during_execution", is_error: true, terminal_reason: "aborted_tools" })
})
`

const open = async (): Promise<{ readonly handle: DriverHandle; readonly next: () => Promise<DriverEvent | undefined> }> => {
  const bin = join(directory, "claude.cjs")
  writeFileSync(bin, fake, { mode: 0o755 })
  const opened = builtinDrivers["claude"]?.open(context(bin))
  if (!(opened instanceof Promise)) throw new Error("expected a promise")
  const handle = await opened
  if (!(Symbol.asyncIterator in handle.events)) throw new Error("expected an async iterable")
  const reader = handle.events[Symbol.asyncIterator]()
  return { handle, next: async () => { const step = await reader.next(); return step.done === true ? undefined : step.value } }
}
const prompt = (handle: DriverHandle, text: string) => handle.send({ type: "prompt", turn: 1, attempt: 1, text, idempotencyKey: "k" })

describe("a conversation", () => {
  it("asks, is answered, ends, and goes on in the same process", async () => {
    const { handle, next } = await open()
    void prompt(handle, "go")
    expect(await next()).toEqual({ type: "session.handle", resume: "s1" })
    expect(await next()).toMatchObject({ event: { kind: "cap.permission.request", req_id: "p1", tool: "Bash", risk_level: "medium" } })
    void handle.send({ type: "answer", request: "other", reply: "allow_once" })
    void handle.send({ type: "answer", request: "p1", reply: "allow_once" })
    const text = '{"behavior":"allow","updatedInput":{"command":"ls"}}'
    expect(await next()).toMatchObject({ event: { kind: "cap.text_chunk", text } })
    expect(await next()).toEqual({ type: "turn.ended", end: { stop: "end_turn" }, text, usage: { mode: "cumulative", usd: 0.1, tokens: 0 } })
    void prompt(handle, "again")
    expect(await next()).toMatchObject({ event: { kind: "cap.permission.request" } })
    void handle.send({ type: "cancel" })
    expect(await next()).toMatchObject({ type: "turn.ended", end: { stop: "cancelled" } })
    await handle.close()
    expect(await next()).toBeUndefined()
  })

  it.each([
    ["garbage", { kind: "driver_error", message: expect.stringContaining("not JSON: }{") }],
    ["die", { kind: "agent_exited", message: "claude exited with 7: out of luck" }],
  ])("%s ends the turn and the conversation", async (text, error) => {
    const { handle, next } = await open()
    void prompt(handle, text)
    expect(await next()).toMatchObject({ type: "turn.ended", end: { error } })
    expect(await next()).toBeUndefined()
    await handle.close()
  })

  it("says how to get what is not installed", async () => {
    await expect(builtinDrivers["claude"]?.open(context("/nowhere/claude"))).rejects.toMatchObject({ kind: "driver_error", message: expect.stringContaining("is not installed: run") })
  })

  it("passes on what the session says", () => {
    const flags = argumentsOf({ ...context("x"), model: "m", maxTurns: 3, systemPrompt: "be brief", resume: "s1", permissions: "bypass" })
    expect(flags.slice(8)).toEqual(["--model", "m", "--max-turns", "3", "--append-system-prompt", "be brief", "--resume", "s1", "--dangerously-skip-permissions"])
    expect(argumentsOf(context("x"))).not.toContain("--dangerously-skip-permissions")
  })
})
