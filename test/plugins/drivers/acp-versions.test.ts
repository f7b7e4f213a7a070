/** Which version of ACP is spoken, and what is version 2's alone. The agent is made with the ACP SDK. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, describe, expect, it } from "vitest"
import { makeForeground } from "../../../plugins/drivers/acp/foreground.ts"
import { acp } from "../../../plugins/drivers/acp/index.ts"
import { subjectOf } from "../../../plugins/drivers/acp/requests.ts"
import { openTestSession } from "../../../plugins/sdk/testing/index.ts"
import { acpSdkAgent } from "./protocol-fixtures.ts"

let home = ""
afterEach(() => rmSync(home, { recursive: true, force: true }))

const open = (offered: "1" | "2", spoken: "1" | "2" | "12") => {
  home = mkdtempSync(join(tmpdir(), "acp-versions-"))
  const [target = "", ...args] = acpSdkAgent(spoken)
  const env = { PATH: process.env["PATH"] ?? "", HOME: home, FLEET_RUN: home, FLEET_SESSION: "a" }
  return openTestSession(acp, { run: home, session: "a", directory: home, permissions: "ask", config: { target, args, protocol: offered }, env })
}

const served = { fs: { readTextFile: true, writeTextFile: true }, terminal: true, elicitation: { form: {} } }

describe("the version of ACP", () => {
  it.each([
    ["1", "12", { version: 1, knows: served }],
    ["2", "12", { version: 2, knows: { elicitation: { form: {} } } }],
    // it is told what version 1 has, all the same
    ["2", "1", { version: 1, knows: served }],
    // it refuses a version that is older than all of its own
    ["1", "2", { version: 2 }],
  ] as const)("offered is %s and the agent has %s: they agree", async (offered, has, expected) => {
    const session = await open(offered, has)
    await session.prompt("hello")
    const { end } = await session.turn()
    expect(end).toMatchObject({ end: { stop: "end_turn" }, text: "hello from the agent", usage: { mode: "delta", tokens: 100, usd: 0.25 } })
    expect(JSON.parse(readFileSync(join(home, "given.json"), "utf8"))).toMatchObject(expected)
    await session.close()
  })
})

describe("a prompt of version 2", () => {
  const ending = { stop: "end_turn", tokens: 1 }
  const over = { stop: "max_tokens", tokens: 2 }

  it("ends when what it began is idle, and not by what was idle before", () => {
    const foreground = makeForeground()
    expect(foreground.idle(over)).toBeUndefined()
    expect(foreground.taken("m")).toBeUndefined()
    // told once more
    expect(foreground.idle(over)).toBeUndefined()
    foreground.echoed("m")
    foreground.active()
    expect(foreground.idle(ending)).toBe(ending)
  })

  it("is not ended by work that came before it was taken in", () => {
    const foreground = makeForeground()
    foreground.active()
    expect(foreground.idle(over)).toBeUndefined()
    foreground.echoed("m")
    expect(foreground.taken("m")).toBeUndefined()
    foreground.active()
    expect(foreground.idle(ending)).toBe(ending)
  })

  it("that is done before it is answered ends with the answer", () => {
    const foreground = makeForeground()
    foreground.echoed("m")
    foreground.active()
    expect(foreground.idle(ending)).toBeUndefined()
    expect(foreground.taken("m")).toBe(ending)
  })

  it("works on what ran when it was taken in", () => {
    const foreground = makeForeground()
    foreground.active()
    expect(foreground.taken("m")).toBeUndefined()
    expect(foreground.idle(ending)).toBe(ending)
  })
})

it("a permission of version 2 is for a call, for a command, or for what its agent says of it", () => {
  const toolCall = { toolCallId: "t", title: "ls" }
  expect(subjectOf({ title: "May it?", subject: { type: "tool_call", toolCall } }, "x")).toEqual(toolCall)
  expect(subjectOf({ title: "May it?", subject: { type: "command", command: "rm -rf /", cwd: "/w", toolCallId: "t" } }, "x")).toEqual({
    toolCallId: "t",
    kind: "execute",
    rawInput: { command: "rm -rf /", cwd: "/w" },
  })
  expect(subjectOf({ title: "May it?", subject: { type: "_other", what: 1 } }, "x")).toEqual({
    toolCallId: "x",
    title: "May it?",
    rawInput: { type: "_other", what: 1 },
  })
  expect(subjectOf({ title: "May it?", subject: null }, "x")).toEqual({ toolCallId: "x", title: "May it?", rawInput: {} })
})
