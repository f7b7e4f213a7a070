/** What the acp driver does for its agent: files and commands in the workspace, and nowhere else. The agent is made with the ACP SDK. */
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { expect, it } from "vitest"
import type { Json } from "#ir"
import { failure, fieldsOf, type AgentEvent, type ToolGate } from "#sdk"
import { makeWatches } from "../../../plugins/drivers/acp/cap-files.ts"
import { makeTerminals } from "../../../plugins/drivers/acp/terminals.ts"
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
  more: { readonly [key: string]: Json } = {},
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
      config: { target: process.execPath, args: [agent], ...more },
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
      const request = event.type === "agent" ? (event.event["req_id"] ?? event.event["ask_id"] ?? event.event["rpc_id"]) : undefined
      if (event.type !== "agent" || typeof request !== "string") continue
      asked.push(event.event)
      await session.send({ type: "answer", request, reply })
    }
    throw new Error("the agent ended before its turn did")
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

const refused = { code: -32020, error: expect.stringMatching(/^cap_scope_violation: .* is not in the workspace$/u) }

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
  expect(results.slice(0, 7)).toEqual(Array.from({ length: 7 }, () => refused))
  expect(results[7]).toEqual({ code: -32602, error: expect.stringContaining("absolute path") })
  expect(results[8]).toEqual(refused)
  // what nobody may do nobody is asked about
  expect(asked).toEqual([])
})

it("changes nothing that git goes by, whoever would permit it", async () => {
  const { results, asked } = await play(({ workspace }) => {
    for (const folder of [".git/hooks", "module"]) mkdirSync(join(workspace, folder), { recursive: true })
    writeFileSync(join(workspace, "module/.git"), "gitdir: ../.git/modules/module")
    symlinkSync(join(workspace, ".git"), join(workspace, "link"))
    return [
      ["fs/write_text_file", { path: join(workspace, ".git/hooks/post-commit"), content: "x" }],
      ["fs/write_text_file", { path: join(workspace, "module/.git"), content: "x" }],
      ["fs/write_text_file", { path: join(workspace, "link/config"), content: "x" }],
      ["_cap/fs_delete", { path: join(workspace, ".git"), recursive: true }],
      ["fs/read_text_file", { path: join(workspace, "module/.git") }],
      ["fs/write_text_file", { path: join(workspace, ".gitignore"), content: "x" }],
    ]
  })
  expect(results.slice(0, 4)).toEqual(Array.from({ length: 4 }, () => ({ code: -32020, error: expect.stringContaining("belongs to git") })))
  expect(results.slice(4)).toEqual([{ ok: { content: "gitdir: ../.git/modules/module" } }, { ok: {} }])
  expect(asked).toMatchObject([{ tool: "write_text_file" }])
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

it("lists, looks for and deletes files by the methods that ACP has not, and asks before it deletes", async () => {
  const { results, asked } = await play(({ workspace, outside }) => {
    mkdirSync(join(workspace, "folder/deep"), { recursive: true })
    writeFileSync(join(workspace, "folder/deep/file"), "12345")
    writeFileSync(join(outside, "secret"), "secret")
    symlinkSync(outside, join(workspace, "out"))
    symlinkSync(join(workspace, "folder"), join(workspace, "round"))
    const at = (name: string) => ({ path: join(workspace, name) })
    return [
      ["_cap/fs_list", at("")],
      ["_cap/fs_list", { ...at(""), recursive: true, follow_symlinks: true }],
      ["_cap/fs_exists", at("folder")],
      ["_cap/fs_exists", at("out")],
      ["_cap/fs_exists", at("nothing/at/all")],
      ["_cap/fs_delete", at("folder")],
      ["_cap/fs_delete", at("folder/deep/file")],
      ["_cap/fs_delete", { ...at("folder"), recursive: true }],
      ["_cap/fs_delete", at("out")],
      ["_cap/fs_delete", at("nothing")],
      ["_cap/fs_delete", at("")],
      ["_cap/fs_list", at("nothing")],
    ]
  })
  const names = (result: unknown): ReadonlyArray<string> => {
    const { entries } = (
      result as { readonly ok: { readonly entries: ReadonlyArray<{ readonly name: string; readonly kind: string; readonly size: number }> } }
    ).ok
    return entries.map(({ name, kind }) => `${name} ${kind}`)
  }
  expect(names(results[0])).toEqual(["folder dir", "out symlink", "round symlink"])
  // a folder is listed once, by the first of its names; what lies outside is not listed
  expect(names(results[1])).toEqual(["folder dir", "folder/deep dir", "folder/deep/file file", "out symlink", "round symlink"])
  expect(results.slice(2, 5)).toEqual([{ ok: { exists: true, kind: "dir" } }, { ok: { exists: true, kind: "symlink" } }, { ok: { exists: false } }])
  expect(results[5]).toEqual({ code: -32022, error: expect.stringContaining("say recursive") })
  expect(results.slice(6, 9)).toEqual(Array.from({ length: 3 }, () => ({ ok: { ok: true } })))
  expect(results[9]).toEqual({ code: -32021, error: expect.stringContaining("cap_path_not_found") })
  expect(results[10]).toEqual({ code: -32602, error: expect.stringContaining("is the whole workspace") })
  expect(results[11]).toEqual({ code: -32021, error: expect.stringContaining("cap_path_not_found") })
  expect(asked.map(({ tool, risk_level }) => [tool, risk_level])).toEqual(Array.from({ length: 5 }, () => ["delete", "high"]))
})

it("deletes nothing that is denied or outside, through links neither, and says nothing of what is outside", async () => {
  let [kept, secret] = ["", ""]
  const { results, asked } = await play(({ workspace, outside }) => {
    ;[kept, secret] = [join(workspace, "kept"), join(outside, "secret")]
    for (const path of [kept, secret]) writeFileSync(path, "x")
    symlinkSync(outside, join(workspace, "out"))
    const ways = [secret, join(outside, "nothing"), join(workspace, "out/secret"), join(workspace, "out/nothing"), `${workspace}/../outside/secret`]
    return [
      ...ways.flatMap((path): ReadonlyArray<Call> => ["delete", "exists", "list", "watch"].map((name) => [`_cap/fs_${name}`, { path }])),
      ["_cap/fs_delete", { path: kept }],
    ]
  }, "deny")
  expect(results.slice(0, -1)).toEqual(Array.from({ length: 20 }, () => refused))
  expect(results.at(-1)).toEqual({ code: -32800, error: expect.stringContaining("does not permit") })
  expect(asked).toHaveLength(1)
})

it("tells of changes to what is watched", async () => {
  const seen: Array<unknown> = []
  const watches = makeWatches((change) => seen.push(change))
  const root = realpathSync(mkdtempSync(join(tmpdir(), "acp-watch-")))
  try {
    expect(await watches.start(root, { path: root })).toEqual({ subscription_id: "watch-1" })
    writeFileSync(join(root, "new"), "x")
    await expect.poll(() => seen).toContainEqual({ subscription_id: "watch-1", path: join(root, "new"), event: "created" })
    rmSync(join(root, "new"))
    await expect.poll(() => seen).toContainEqual({ subscription_id: "watch-1", path: join(root, "new"), event: "deleted" })
    await expect(watches.start(root, { path: tmpdir() })).rejects.toMatchObject({ code: -32020 })
  } finally {
    watches.stopAll()
    rmSync(root, { recursive: true, force: true })
  }
})

it("brings its user what it tells and asks by the methods of CAP's core", async () => {
  const { results, asked } = await play(
    () => [
      ["_cap/user_io_show", { title: "Build", body: "is green", level: "info" }],
      ["_cap/notify", { title: "Done", body: "", urgent: true }],
      ["_cap/user_io_input", { prompt: "Which?", default: "none" }],
    ],
    "blue",
  )
  expect(results).toEqual([{ ok: { ok: true } }, { ok: { ok: true } }, { ok: { text: "blue" } }])
  expect(asked).toEqual([
    { kind: "cap.reverse_rpc", rpc_id: "served-1", method: "cap.user_io.show", title: "Build", body: "is green", level: "info" },
    { kind: "cap.reverse_rpc", rpc_id: "served-2", method: "cap.notify", title: "Done", body: "", urgent: true },
    { kind: "cap.ask_user", ask_id: "served-3", prompt: "Which?" },
  ])
  expect(await play(() => [["_cap/user_io_input", { prompt: "Which?", default: "none" }]], null)).toMatchObject({ results: [{ ok: { text: "none" } }] })
})

it("reaches as far as the project where the session says so, and runs no command where it says that", async () => {
  const { results } = await play(
    ({ workspace, outside }) => {
      mkdirSync(join(outside, "../.git"))
      writeFileSync(join(outside, "shared"), "shared")
      return [
        ["fs/read_text_file", { path: join(outside, "shared") }],
        ["fs/read_text_file", { path: "/etc/hostname" }],
        ["terminal/create", { command: "pwd", cwd: workspace }],
      ]
    },
    "allow_once",
    undefined,
    { fs_scope: "project_root", terminals: 0 },
  )
  expect(results[0]).toEqual({ ok: { content: "shared" } })
  expect(results[1]).toEqual(refused)
  expect(results[2]).toEqual({ code: -32023, error: expect.stringContaining("cap_terminal_unavailable") })
})

it("does with files what the session lets it do, and nothing else", async () => {
  const { results, asked } = await play(
    ({ workspace }) => {
      writeFileSync(join(workspace, "a"), "a")
      const path = join(workspace, "a")
      return [
        ["fs/read_text_file", { path }],
        ["_cap/fs_exists", { path }],
        ["fs/write_text_file", { path, content: "b" }],
        ["_cap/fs_list", { path: workspace }],
        ["_cap/fs_delete", { path }],
        ["_cap/fs_watch", { path: workspace }],
      ]
    },
    "allow_once",
    undefined,
    { fs_methods: ["read", "exists"] },
  )
  expect(results.slice(0, 2)).toEqual([{ ok: { content: "a" } }, { ok: { exists: true, kind: "file" } }])
  expect(results.slice(2)).toEqual(
    ["write", "list", "delete", "watch"].map((what) => ({
      code: -32003,
      error: expect.stringContaining(`cap_unsupported_capability: this agent may not ${what} files`),
    })),
  )
  expect(asked).toEqual([])
})

it("keeps what a released command said for a minute", async () => {
  let time = 0
  const directory = realpathSync(tmpdir())
  const terminals = makeTerminals({ directory, env: { PATH: process.env["PATH"] ?? "" }, now: () => time })
  const created = await terminals.serve("terminal/create", { command: "echo", args: ["hello"] })
  const id = { terminalId: (created as { readonly terminalId: string }).terminalId }
  await terminals.serve("terminal/wait_for_exit", id)
  await terminals.serve("terminal/release", id)
  time = 60_000
  expect(await terminals.serve("terminal/output", id)).toMatchObject({ output: "hello\n", exitStatus: { exitCode: 0 } })
  expect(await terminals.serve("terminal/wait_for_exit", id)).toMatchObject({ exitCode: 0 })
  await expect(terminals.serve("terminal/release", id)).rejects.toMatchObject({ message: expect.stringContaining("there is no terminal") })
  time = 60_001
  await expect(terminals.serve("terminal/output", id)).rejects.toMatchObject({ message: expect.stringContaining("there is no terminal") })
})

it("gives variables that the agent names to its command, not to what confines it", async () => {
  const directory = realpathSync(tmpdir())
  const variables: Array<unknown> = []
  const terminals = makeTerminals({
    directory,
    env: { PATH: process.env["PATH"] ?? "", FLEET_RUN: "r" },
    confine: (command, _, given) => {
      variables.push(given)
      return ["sh", "-c", 'echo "$FLEET_RUN $LD_LIBRARY_PATH."', ...command]
    },
  })
  const env = [
    { name: "LD_LIBRARY_PATH", value: "evil" },
    { name: "FLEET_RUN", value: "of another" },
  ]
  const id = fieldsOf((await terminals.serve("terminal/create", { command: "pwd", env })) ?? null)
  await terminals.serve("terminal/wait_for_exit", id)
  expect(await terminals.serve("terminal/output", id)).toMatchObject({ output: "r .\n" })
  expect(variables).toEqual([{ LD_LIBRARY_PATH: "evil" }])
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
    ["terminal/create", { command: "echo", args: ["hello"], env: [{ name: "LD_PRELOAD", value: "./own.so" }] }],
  ])
  expect(asked).toMatchObject([
    { tool: "execute", call_id: "1" },
    { tool: "terminal", intent: { command: ["echo", "hello again"] } },
    { tool: "terminal", intent: { command: ["echo", "hello"], env: ["LD_PRELOAD=./own.so"] } },
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
    { ok: { output: "üx", truncated: true, exitStatus: { exitCode: 3, signal: null } } },
    { code: -32602, error: expect.stringContaining("no shell reads the command") },
    { ok: { terminalId: expect.any(String) } },
    { ok: {} },
    { ok: { exitCode: null, signal: "SIGTERM" } },
  ])
  expect(results.slice(9, 17)).toEqual(Array.from({ length: 8 }, () => ({ ok: { terminalId: expect.any(String) } })))
  expect(results[17]).toEqual({ code: -32602, error: expect.stringContaining("more than 8 commands at once") })
})

it("declines to send its user to a page", async () => {
  const { results, asked } = await play(() => [["elicitation/create", { mode: "url", message: "Sign in", url: "https://example.com", elicitationId: "e" }]])
  expect([results, asked]).toEqual([[{ ok: { action: "decline" } }], []])
})

it("refuses methods that it does not know", async () => {
  const { results } = await play(() => [["craft/drainMidTurnQueue", {}]])
  expect(results).toEqual([{ code: -32601, error: expect.stringContaining("not served") }])
})
