/** CAP agent manifests: what they must say, where they are found, and the agents that come of them. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { Json } from "#ir"
import type { Driver, DriverContext } from "#sdk"
import { compile, type Diagnostic } from "../../compiler/index.ts"
import { withFleet } from "../../library/compile-file.ts"
import { manifestAt, manifestOf, probeManifest, type Surroundings } from "../../plugins/agent-manifests/find-manifest.ts"
import { acpConfig } from "../../plugins/drivers/acp/config.ts"
import { ptyConfig } from "../../plugins/drivers/pty/config.ts"
import { manifestDriver, terminalOf } from "../../plugins/agent-manifests/manifest-driver.ts"
import { readManifest, type AgentManifest } from "../../plugins/agent-manifests/read-manifest.ts"
import { loadRegistry } from "../../plugins/loader/registry.ts"
import { openTestSession } from "../../plugins/sdk/testing/index.ts"
import { playTurn } from "../../plugins/sdk/testing/suite-place.ts"
import { manifest } from "./manifest-text.ts"

const read = (text: string): AgentManifest => {
  const found = readManifest(text)
  if (!found.ok) throw new Error(found.problems.join("; "))
  return found.manifest
}

describe("a manifest", () => {
  it("has defaults for what it does not say", () =>
    expect(read(manifest("small"))).toEqual({
      name: "small",
      binary: "small",
      command: ["small"],
      columns: 80,
      rows: 24,
      idle: "(?:^>\\s*$)|(?:^❯\\s*$)",
      parse: {},
      cancelsTurns: false,
    }))
  it("says how large its terminal is, and what the lines in it mean", () => {
    const text = manifest("small", "[parse]\ntool_call_start = '^\\* (?P<tool>\\w+)$'\nerror_lines = ['oops', 'ouch']\nask_yes_no = 'y/n'")
    expect(read(text)).toMatchObject({
      columns: 80,
      rows: 24,
      parse: { tool_call_start: ["^\\* (?P<tool>\\w+)$"], error_lines: ["oops", "ouch"], ask_yes_no: ["y/n"] },
    })
  })
  it.each([
    [
      'fs = { scope = "workspace_only", read = true }\nterminal.enabled = true\nterminal.concurrent_max = 2',
      { fs_scope: "workspace_only", fs_methods: ["read"], terminals: 2 },
    ],
    [
      'fs = { scope = "project_root", write = true, list = true, delete = false }\nterminal.enabled = true',
      { fs_scope: "project_root", fs_methods: ["write", "list"], terminals: 4 },
    ],
    ['fs.scope = "unrestricted"', { fs_scope: "project_root", fs_methods: [], terminals: 0 }],
    [
      'fs = { scope = "workspace_only", read = true, write = true }\nterminal.enabled = true\ntools_denied = ["cap.fs.write", "cap.terminal.create"]',
      { fs_scope: "workspace_only", fs_methods: ["read"], terminals: 0 },
    ],
    [
      'fs = { scope = "workspace_only", read = true, write = true }\nterminal.enabled = true\ntools_allowed = ["cap.fs.write"]',
      { fs_scope: "workspace_only", fs_methods: ["write"], terminals: 0 },
    ],
  ])("says how far its agent reaches: %s", (coding, expected) => {
    expect(read(manifest("small", `[capabilities.coding]\n${coding}`)).coding).toEqual(expected)
    expect(acpConfig.decode({ target: "small", ...expected })).toMatchObject({ ok: true })
  })
  it("makes a terminal that waits when its last line is the prompt and 200 ms were silent", () => {
    const terminal = terminalOf(read(manifest("small", "[parse]\nidle = ['^ready$', '^set$']")))
    expect(terminal).toEqual({ prompt_pattern: "(?:^ready$)|(?:^set$)", prompt_lines: 1, idle: "200ms", columns: 80, rows: 24, parse: {} })
    expect(ptyConfig.decode({ target: "small", ...terminal })).toMatchObject({ ok: true, value: { idle: 200, prompt_lines: 1 } })
  })
  it("says how the agent is started and spoken to", () => {
    const text = manifest(
      "small",
      'mid_turn_cancel = "graceful"\n[fast_path]\nstream_json = false\nacp_stdio = ["small", "acp"]\na2a_serve_at = "https://h/a"\n[parse]\nidle = ["^ready$"]\n',
    ).replace("[startup]", '[startup]\nmodel_arg = "-m"\ncwd_arg = "--in"\nsession_id_env = "ID"\ninit_timeout_seconds = 3')
    expect(read(text)).toMatchObject({
      acp: ["small", "acp"],
      a2a: "https://h/a",
      modelArg: "-m",
      cwdArg: "--in",
      sessionIdEnv: "ID",
      initTimeoutMs: 3000,
      idle: "(?:^ready$)",
      cancelsTurns: true,
    })
  })
  it.each([
    ["agent = ", "it is not TOML"],
    ["[agent]\nname = 1", "agent.name: expected text"],
    [manifest("a").replace("profiles = []", ""), "agent.profiles"],
    [manifest("a").replace('["a"]', '"a --shell"'), "startup.command: expected a list"],
    [manifest("a").replace("cols = 80", "cols = 0"), "pty.cols"],
    [manifest("a", '[fast_path]\nstream_json = "a -p"'), "fast_path.stream_json"],
    [manifest("a", '[fast_path]\na2a_serve_at = "ftp://h"'), "a2a_serve_at: expected an http"],
    [manifest("a", '[parse]\nidle = ["(?=x)"]'), "look-around"],
    [manifest("a", "[parse]\ntool_call_start = '(a)\\1'"), "parse.tool_call_start: look-around and back-references"],
    [manifest("a", '[parse]\nidle = ["("]'), "is not understood"],
    [manifest("a", '[capabilities.coding]\nfs.scope = "all"'), "capabilities.coding.fs.scope"],
    [manifest("a", '[capabilities.coding]\nfs.scope = "workspace_only"\ntools_denied = "Bash"'), "capabilities.coding.tools_denied: expected a list"],
  ])("is refused when it says %j", (text, problem) => {
    const found = readManifest(text)
    expect(found.ok ? [] : found.problems.join("\n")).toContain(problem)
  })
})

describe("the driver of a manifest", () => {
  const abilities = (driver: Driver): unknown => [
    driver.capabilities.permission,
    driver.capabilities.model,
    driver.capabilities.cancelTurn,
    driver.capabilities.maxTurns,
  ]
  it.each([
    ["stream_json = true\nacp_stdio = true", [true, true, true, true]],
    ['acp_stdio = true\na2a_serve_at = "http://h"', [true, true, true, false]],
    ['grpc = "h:1"\na2a_serve_at = "http://h"', [false, false, true, false]],
    ["stream_json = false", [false, false, false, false]],
  ])("takes the best way that is understood: %s", (paths, expected) =>
    expect(abilities(manifestDriver(read(manifest("small", `[fast_path]\n${paths}`))))).toEqual(expected),
  )
})

/** Deno gives a program nothing unless it is told to. */
const runtime: ReadonlyArray<string> = "deno" in process.versions ? [process.execPath, "run", "-A"] : [process.execPath]
const agent = (name: string): ReadonlyArray<string> => [...runtime, fileURLToPath(new URL(`drivers/agents/${name}.mjs`, import.meta.url))]

describe("agents", () => {
  let root = ""
  let at: Surroundings
  const put = (path: string, text: string, mode = 0o644): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
    chmodSync(join(root, path), mode)
  }
  const nameIn = async (found: ReturnType<typeof manifestOf>): Promise<unknown> => {
    const manifestFound = await found
    return manifestFound?.ok === true ? manifestFound.manifest.command[0] : manifestFound
  }
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), "manifests-"))
    at = { path: join(root, "bin"), home: join(root, "home"), system: join(root, "system") }
    const user = "home/.config/cap/agents"
    // of a package, the program behind a link
    put("lib/one/bin/one.js", "", 0o755)
    put("lib/one/package.json", "{}")
    put("lib/one/cap-agent.toml", manifest("one", "", ["of the package"]))
    mkdirSync(join(root, "bin"))
    symlinkSync(join(root, "lib/one/bin/one.js"), join(root, "bin/one"))
    for (const name of ["one", "two"]) put(`${user}/${name}.toml`, manifest(name, "", ["of the user"]))
    for (const name of ["one", "two", "three"]) put(`system/${name}.toml`, manifest(name, "", ["of the system"]))
    put("bin/four", `#!/bin/sh\n[ "$1" = --cap-manifest ] && cat <<'E'\n${manifest("four", "", ["told"])}\nE\n`, 0o755)
    put("bin/five", "#!/bin/sh\necho no manifest\n", 0o755)
    put("bin/six", "", 0o755)
    put("package.json", "{}")
    put("cap-agent.toml", manifest("of all", "", ["somebody else"]))
  })
  afterAll(() => rmSync(root, { recursive: true, force: true }))

  it.each([
    ["one", "of the package"],
    ["two", "of the user"],
    ["three", "of the system"],
    ["four", undefined],
    ["nobody", undefined],
    ["six", undefined],
  ])("%s: the manifest %s", async (name, expected) => expect(await nameIn(manifestOf(name, at))).toBe(expected))
  it("are asked themselves when nothing else knows them", async () => {
    expect(await nameIn(probeManifest("four", at))).toBe("told")
    expect(await nameIn(probeManifest("five", at))).toBeUndefined()
    expect(await nameIn(probeManifest("nobody", at))).toBeUndefined()
  })
  it("are found by a path relative to the fleet file", async () => {
    expect(await nameIn(manifestAt("system/two.toml", root))).toBe("of the system")
    expect(await manifestAt("nothing.toml", root)).toMatchObject({ ok: false, problems: ["there is no such file"] })
  })

  const irOf = (sessions: string) => {
    const compiled = compile({
      file: "fleet.yaml",
      text: `fleet:\n  base_branch: main\n  task: hi\n  sessions:\n${sessions}\n  start: a\n`,
      files: () => undefined,
    })
    if (compiled.ir === undefined) throw new Error(JSON.stringify(compiled.diagnostics))
    return compiled.ir
  }
  it("are drivers of a fleet, by the name or the path that it writes", async () => {
    put("fleet/agents/small.toml", manifest("small", "[fast_path]\nacp_stdio = true", agent("acp-agent")))
    const loaded = await loadRegistry(irOf("    a: { manifest: agents/small.toml }\n    b: { agent: claude }"), join(root, "fleet"))
    if (!loaded.ok) throw new Error(loaded.problems.join("; "))
    const { drivers } = loaded.registry
    expect(drivers["agent:claude"]).toBe(drivers["claude"])
    const driver = drivers["manifest:agents/small.toml"]
    if (driver === undefined) throw new Error("no driver")
    const env = { PATH: process.env["PATH"] ?? "", HOME: root, FLEET_RUN: root, FLEET_SESSION: "a" }
    const session = await openTestSession(driver, { run: root, session: "a", directory: root, permissions: "ask", config: {}, env })
    await session.prompt("hello")
    expect((await session.turn()).end).toMatchObject({ end: { stop: "end_turn" }, text: "hello from the agent" })
    await session.close()
  })
  const within = (paths: string, more: Partial<DriverContext<Json>> = {}) => {
    const driver = manifestDriver(
      read(manifest("small", `mid_turn_cancel = "graceful"\n[fast_path]\n${paths}\n[parse]\nidle = '^\\[ready\\]$'`, agent("pty-agent"))),
    )
    const env = { PATH: process.env["PATH"] ?? "", HOME: root, FLEET_RUN: root, FLEET_SESSION: "a" }
    return openTestSession(driver, { run: root, session: "a", directory: root, permissions: "ask", config: {}, env, ...more })
  }
  it.each([
    ["", ["cap.permission.request"], true],
    ['tools_denied = ["execute"]', ["cap.error"], false],
    ['tools_allowed = ["read"]', ["cap.error"], false],
    ['tools_allowed = ["read", "execute"]', ["cap.permission.request"], true],
    ['tools_allowed = ["execute"]\ntools_denied = ["execute"]', ["cap.error"], false],
  ])("use no tool that their manifest does not let them use, and nobody is asked: %s", async (lists, kinds, ran) => {
    const text = manifest("small", `[fast_path]\nacp_stdio = true\n[capabilities.coding]\nfs.scope = "workspace_only"\n${lists}`, agent("acp-agent"))
    const directory = mkdtempSync(join(root, "lists-"))
    const env = { PATH: process.env["PATH"] ?? "", HOME: directory, FLEET_RUN: directory, FLEET_SESSION: "a" }
    const session = await openTestSession(manifestDriver(read(text)), { run: directory, session: "a", directory, permissions: "ask", config: {}, env })
    await session.prompt("permission")
    const { events, end } = await playTurn(session)
    expect(end.end).toEqual({ stop: "end_turn" })
    expect(events.flatMap((event) => (event.type === "agent" && /permission|error/u.test(event.event.kind) ? [event.event.kind] : []))).toEqual(kinds)
    expect(existsSync(join(directory, "permitted.txt"))).toBe(ran)
    await session.close()
  })

  const argv = (...parts: ReadonlyArray<string>): string => JSON.stringify(parts)
  const ends = argv("sh", "-c", "exit 3")
  it.each([
    [
      "does not understand how it is started",
      `stream_json = ${ends}\nacp_stdio = ${argv(...agent("acp-agent"))}`,
      "acp_stdio is used; stream_json: its program ended at once",
    ],
    ["is not there", `acp_stdio = ["no-such-program"]`, "the terminal is used; acp_stdio: no-such-program is not installed"],
  ])("are spoken to by the next way when the program of the first %s, which is told", async (_, paths, expected) => {
    const session = await within(paths)
    await session.prompt("hello")
    const { events, end } = await session.turn()
    expect(end).toMatchObject({ end: { stop: "end_turn" }, text: "hello from the agent" })
    expect(events.find((event) => event.type === "agent")).toMatchObject({
      event: { kind: "cap.error", code: "cap_binding_unavailable", retryable: true, message: expect.stringContaining(expected) },
    })
    await session.close()
  })
  it("in a sandbox are spoken to by no way that has none", async () => {
    const confine = (command: ReadonlyArray<string>): ReadonlyArray<string> => command
    const paths = `acp_stdio = ["no-such-program"]\na2a_serve_at = "http://127.0.0.1:9"`
    await expect(within(paths, { confine, permissions: "deny" })).rejects.toMatchObject({ message: expect.not.stringContaining("127.0.0.1") })
    await expect(within(paths, { permissions: "deny" })).rejects.toMatchObject({ message: expect.not.stringContaining("127.0.0.1") })
    const session = await within(paths, { confine })
    await session.prompt("hello")
    expect((await session.turn()).events).toContainEqual(
      expect.objectContaining({ event: expect.objectContaining({ message: expect.not.stringContaining("a2a_serve_at") }) }),
    )
    await session.close()
  })
  it("say what was wrong with each way when none is to be had, and take none that would not ask where nothing may be done", async () => {
    await expect(within(`stream_json = ["no-such-1"]\nacp_stdio = ["no-such-2"]`, { permissions: "deny" })).rejects.toMatchObject({
      kind: "driver_error",
      message: expect.stringMatching(/^stream_json: no-such-1 is not installed[^;]*; acp_stdio: no-such-2 is not installed[^;]*$/u),
    })
  })

  it("that cannot be had, or do what is asked of them, are told before the fleet starts", async () => {
    put("fleet/agents/plain.toml", manifest("plain"))
    const loaded = await loadRegistry(
      irOf("    a: { agent: nobody-knows }\n    b: { manifest: agents/nothing.toml }\n    c: { manifest: agents/plain.toml, model: big, max_turns: 3 }"),
      join(root, "fleet"),
    )
    expect(loaded.ok ? [] : loaded.problems).toEqual([
      expect.stringMatching(/^session "a": there is no manifest of the agent nobody-knows: put one at/u),
      'session "b": the manifest agents/nothing.toml: there is no such file',
      expect.stringContaining('session "c": its agent cannot be told which model'),
      expect.stringContaining('session "c": its agent cannot be told how many turns'),
    ])
  })

  const checked = async (sessions: string) => {
    const path = join(root, "fleet/fleet.yaml")
    const text = `fleet:\n  base_branch: main\n  task: hi\n  defaults: { add_dirs: [x] }\n  sessions:\n${sessions}\n    z: { driver: claude }\n  start: z\n  mode: hybrid\n`
    const compiled = await withFleet(path, text, {}, compile)
    const told = compiled.diagnostics.filter(({ severity }) => severity === "error")
    const places = told.map(({ code, span }: Diagnostic) => `${code} ${text.slice(span.start, span.end)}`)
    return { places, messages: told.map(({ message }) => message), ir: compiled.ir }
  }
  it("are known to the compiler, whose table of abilities they complete", async () => {
    put("fleet/agents/plain.toml", manifest("plain"))
    put("fleet/agents/able.toml", manifest("able", "[fast_path]\nstream_json = true"))
    put("fleet/agents/wrong.toml", manifest("wrong").replace("cols = 80", "cols = 0"))
    const session = (id: string, path: string) =>
      `    ${id}: { manifest: agents/${path}.toml, model: big, max_turns: 3, colour: red, budget: { usd: 1 }, stall_timeout: soon }`
    const { places, messages } = await checked(
      [session("a", "plain"), session("b", "able"), session("c", "wrong"), session("d", "none"), "    e: { agent: codex, max_turns: 4 }"].join("\n"),
    )
    expect(places).toEqual([
      "unsupported-by-driver big",
      "unsupported-by-driver 3",
      "unknown-key colour",
      "unsupported-by-driver 1",
      "plugin-config-invalid soon",
      "unknown-key colour",
      "plugin-config-invalid soon",
      "plugin-load-failed agents/wrong.toml",
      "plugin-load-failed agents/none.toml",
      "unsupported-by-driver 4",
    ])
    expect(messages).toContain('the manifest "agents/wrong.toml" could not be loaded: pty.cols: expected a whole number above 0')
    expect(messages).toContain('the manifest "agents/none.toml" could not be loaded: there is no such file')
  })
  it("leave what others take in `defaults` to others, and may be missing where the fleet is only checked", async () => {
    put("fleet/agents/plain.toml", manifest("plain"))
    const { places, ir } = await checked("    a: { manifest: agents/plain.toml }\n    b: { agent: nobody-knows, model: big }")
    expect(places).toEqual([])
    expect(ir?.sessions.map(({ driver }) => driver)).toEqual([
      { use: "manifest:agents/plain.toml", with: {} },
      { use: "agent:nobody-knows", with: { add_dirs: ["x"] } },
      { use: "claude", with: { add_dirs: ["x"] } },
    ])
  })
})
