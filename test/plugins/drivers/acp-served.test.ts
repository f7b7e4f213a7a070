/** What the acp driver does for its agent: files and commands in the workspace, and nowhere else. The agent is made with the ACP SDK. */
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { expect, it } from "vitest"
import type { Json } from "#ir"
import { failure, type AgentEvent, type ToolGate } from "#sdk"
import { acp } from "../../../plugins/drivers/acp/index.ts"
import { openTestSession } from "../../../plugins/sdk/testing/index.ts"

type Call = readonly [method: string, params: { readonly [key: string]: Json }]

interface Played {
  readonly results: ReadonlyArray<unknown>
  readonly asked: ReadonlyArray<AgentEvent>
}

const agent = fileURLToPath(new URL("agents/strict-agent.mjs", import.meta.url))

const play = async (
  make: (at: { readonly workspace: string; readonly outside: string }) => ReadonlyArray<Call>,
  reply: Json = "allow_once",
  tools?: ToolGate,
): Promise<Played & { readonly workspace: string; readonly outside: string }> => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "acp-served-")))
  const [workspace, outside] = [join(root, "workspace"), join(root, "outside")]
  for (const path of [workspace, outside]) mkdirSync(path)
  const env = { PATH: process.env["PATH"] ?? "", HOME: root, FLEET_RUN: root, FLEET_SESSION: "a" }
  try {
    const calls = make({ workspace, outside })
    const session = await openTestSession(acp, {
      run: root,
      session: "a",
      directory: workspace,
      permissions: "ask",
      config: { target: process.execPath, args: [agent] },
      env,
      ...(tools === undefined ? {} : { tools }),
    })
    await session.prompt(JSON.stringify(calls))
    const asked: Array<AgentEvent> = []
    for (let event = await session.next(); event !== undefined; event = await session.next()) {
      if (event.type === "turn.ended") {
        expect(event.end).toEqual({ stop: "end_turn" })
        await session.close()
        return { results: JSON.parse(event.text ?? ""), asked, workspace, outside }
      }
      const request = event.type === "agent" ? event.event["req_id"] : undefined
      if (event.type !== "agent" || typeof request !== "string") continue
      asked.push(event.event)
      await session.send({ type: "answer", request, reply })
    }
    throw new Error("the agent ended before its turn did")
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

const refused = { code: -32602, error: expect.stringContaining("is not in the workspace") }

it("reads and writes files of the workspace, whole and in part", async () => {
  const { results, asked } = await play(({ workspace }) => {
    writeFileSync(join(workspace, "lines"), "one\ntwo\nthree\n")
    writeFileSync(join(workspace, "bytes"), Uint8Array.of(0xff, 0xfe, 0x00))
    const made = join(workspace, "deep", "made.txt")
    return [
      ["fs/read_text_file", { path: join(workspace, "lines") }],
      ["fs/read_text_file", { path: join(workspace, "lines"), line: 2, limit: 1 }],
      ["fs/write_text_file", { path: made, content: "ä long text" }],
      ["fs/write_text_file", { path: made, content: "short" }],
      ["fs/read_text_file", { path: made }],
      ["fs/read_text_file", { path: join(workspace, "nothing") }],
      ["fs/read_text_file", { path: workspace }],
      ["fs/read_text_file", { path: join(workspace, "bytes") }],
    ]
  })
  expect(results).toEqual([
    { ok: { content: "one\ntwo\nthree\n" } },
    { ok: { content: "two\n" } },
    { ok: {} },
    { ok: {} },
    { ok: { content: "short" } },
    { code: -32002, error: expect.stringContaining("no such file") },
    { code: -32602, error: expect.stringContaining("is no file") },
    { code: -32602, error: expect.stringContaining("not UTF-8") },
  ])
  expect(asked).toMatchObject([
    { kind: "cap.permission.request", tool: "write_text_file", intent: { content: "ä long text" }, risk_level: "medium", scope: "write" },
    { intent: { content: "short" } },
  ])
})

it("refuses what lies outside, by whatever way, and does not say whether it is there", async () => {
  const { results, asked } = await play(({ workspace, outside }) => {
    writeFileSync(join(outside, "secret"), "secret")
    symlinkSync(outside, join(workspace, "link"))
    symlinkSync(join(outside, "new"), join(workspace, "dangling"))
    return [
      ["fs/read_text_file", { path: join(outside, "secret") }],
      ["fs/read_text_file", { path: join(outside, "nothing") }],
      ["fs/read_text_file", { path: `${workspace}/../outside/secret` }],
      ["fs/read_text_file", { path: join(workspace, "link", "secret") }],
      ["fs/read_text_file", { path: `${workspace}-more/secret` }],
      ["fs/write_text_file", { path: join(workspace, "link", "made"), content: "x" }],
      ["fs/write_text_file", { path: join(workspace, "dangling"), content: "x" }],
      ["fs/read_text_file", { path: "lines" }],
      ["terminal/create", { command: "pwd", cwd: outside }],
    ]
  })
  expect(results.slice(0, 6)).toEqual(Array.from({ length: 6 }, () => refused))
  expect(results[6]).toEqual({ code: -32602, error: expect.stringContaining("cannot be opened") })
  expect(results[7]).toEqual({ code: -32602, error: expect.stringContaining("absolute path") })
  expect(results[8]).toEqual(refused)
  // what nobody may do nobody is asked about
  expect(asked.map(({ tool, intent }) => [tool, intent])).toEqual([["write_text_file", { path: expect.stringMatching(/dangling$/u), content: "x" }]])
})

it("writes nothing and runs nothing that is denied", async () => {
  let made = ""
  const { results, asked } = await play(({ workspace }) => {
    made = join(workspace, "made")
    return [
      ["fs/write_text_file", { path: made, content: "x" }],
      ["terminal/create", { command: "touch", args: [made] }],
    ]
  }, "deny")
  expect(results).toEqual(Array.from({ length: 2 }, () => ({ code: -32800, error: expect.stringContaining("does not permit") })))
  expect(existsSync(made)).toBe(false)
  expect(asked).toMatchObject([{ tool: "write_text_file" }, { tool: "terminal", intent: { command: ["touch", made] }, scope: "execute" }])
})

it("does nothing for which its token is not good, whoever has permitted it", async () => {
  let made = ""
  const used: Array<string> = []
  const gate: ToolGate = {
    token: () => "first",
    renew: (token) => (token === "first" ? "renewed" : undefined),
    use: (token, tool) => {
      used.push(`${token} ${tool}`)
      throw failure("capability_denied", `${tool}: the capability token has expired`)
    },
  }
  const { results } = await play(
    ({ workspace }) => {
      made = join(workspace, "made")
      writeFileSync(join(workspace, "lines"), "one\n")
      return [
        ["fs/read_text_file", { path: join(workspace, "lines") }],
        ["fs/write_text_file", { path: made, content: "x" }],
        ["terminal/create", { command: "touch", args: [made] }],
      ]
    },
    "allow_once",
    gate,
  )
  expect(results).toEqual(Array.from({ length: 3 }, () => ({ code: -32800, error: expect.stringContaining("the capability token has expired") })))
  expect(used).toEqual(["renewed read_file", "renewed write_file", "renewed terminal"])
  expect(existsSync(made)).toBe(false)
})

const options = [
  { optionId: "y", name: "Yes", kind: "allow_once" },
  { optionId: "n", name: "No", kind: "reject_once" },
]

it("asks once for what the agent asks for itself before it has us do it", async () => {
  const toolCall = { toolCallId: "1", title: "say hello", kind: "execute", rawInput: { command: "echo hello" } }
  const { results, asked } = await play(() => [
    ["session/request_permission", { toolCall, options }],
    ["terminal/create", { command: "echo", args: ["hello"] }],
    ["terminal/wait_for_exit", { terminalId: "$id" }],
    ["terminal/output", { terminalId: "$id" }],
    ["terminal/create", { command: "echo", args: ["hello again"] }],
  ])
  expect(asked).toMatchObject([
    { tool: "execute", call_id: "1" },
    { tool: "terminal", intent: { command: ["echo", "hello again"] } },
  ])
  expect(results[0]).toEqual({ ok: { outcome: { outcome: "selected", optionId: "y" } } })
  expect(results[3]).toEqual({ ok: { output: "hello\n", truncated: false, exitStatus: { exitCode: 0, signal: null } } })
})

it("runs commands without a shell, keeps the end of what they say, and stops them", async () => {
  const { results } = await play(({ workspace }) => [
    [
      "terminal/create",
      {
        command: "sh",
        args: ["-c", "printf 'äöü%s' \"$MORE\"; exit 3"],
        cwd: workspace,
        env: [
          { name: "MORE", value: "x" },
          { name: "FLEET_RUN", value: "other" },
        ],
        outputByteLimit: 4,
      },
    ],
    ["terminal/wait_for_exit", { terminalId: "$id" }],
    ["terminal/output", { terminalId: "$id" }],
    ["terminal/release", { terminalId: "$id" }],
    ["terminal/output", { terminalId: "$id" }],
    ["terminal/create", { command: "echo hello; touch made" }],
    ["terminal/create", { command: "tail", args: ["-f", "/dev/null"] }],
    ["terminal/kill", { terminalId: "$id" }],
    ["terminal/wait_for_exit", { terminalId: "$id" }],
    ...Array.from({ length: 9 }, (): Call => ["terminal/create", { command: "tail", args: ["-f", "/dev/null"] }]),
  ])
  expect(results.slice(1, 9)).toEqual([
    { ok: { exitCode: 3, signal: null } },
    { ok: { output: "üx", truncated: true, exitStatus: { exitCode: 3, signal: null } } },
    { ok: {} },
    { code: -32602, error: expect.stringContaining("there is no terminal") },
    { code: -32602, error: expect.stringContaining("no shell reads the command") },
    { ok: { terminalId: expect.any(String) } },
    { ok: {} },
    { ok: { exitCode: null, signal: "SIGTERM" } },
  ])
  expect(results.slice(9, 17)).toEqual(Array.from({ length: 8 }, () => ({ ok: { terminalId: expect.any(String) } })))
  expect(results[17]).toEqual({ code: -32602, error: expect.stringContaining("more than 8 commands at once") })
})

it("refuses methods that it does not know", async () => {
  const { results } = await play(() => [["craft/drainMidTurnQueue", {}]])
  expect(results).toEqual([{ code: -32601, error: expect.stringContaining("not served") }])
})
