import { spawnSync } from "node:child_process"
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, describe, expect, it } from "vitest"
import { agents } from "../../cli/agents-here.ts"
import { isAtLeast, probeProgram } from "../../cli/probe-program.ts"
import { builtinDrivers } from "../../plugins/index.ts"

const home = mkdtempSync(join(tmpdir(), "doctor-"))
afterAll(() => rmSync(home, { recursive: true, force: true }))
const bin = join(home, "bin")
mkdirSync(bin)

const program = (name: string, script: string): void => {
  writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`)
  chmodSync(join(bin, name), 0o755)
}

const doctor = (env: { readonly [name: string]: string }, ...args: ReadonlyArray<string>) =>
  spawnSync(process.execPath, [fileURLToPath(new URL("../../cli/bin.cjs", import.meta.url)), "doctor", ...args], {
    cwd: home,
    encoding: "utf8",
    env: { HOME: home, PATH: bin, NO_COLOR: "1", ...env },
  })

const signIn = (name: string, env: { readonly [name: string]: string } = {}) => agents.find(({ driver }) => driver === name)?.signedIn(env, home)

describe("doctor", () => {
  it("says what is here, in which version, and what cannot be told", () => {
    // A paid turn would begin with a prompt; all that is asked for is the version.
    program("claude", `[ "$*" = --version ] && echo '2.1.329 (Claude Code)' || touch ${home}/started`)
    program("codex", "echo 'codex-cli 0.169.0'; echo more")
    program("gemini", "echo 'needs a newer Node' >&2; exit 3")
    program("git", "echo 'git version 2.34.1'")
    const { status, stdout, stderr } = doctor({ ANTHROPIC_API_KEY: "sk-secret-key", OPENAI_API_KEY: "" }, "--format", "json")
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" })
    expect(stdout).not.toContain("sk-secret")
    const told = JSON.parse(stdout)
    expect(told.ok).toBe(true)
    const of = (driver: string) => told.agents.find((agent: { driver: string }) => agent.driver === driver)
    expect(of("claude")).toMatchObject({
      installed: true,
      version: "2.1.329",
      signed_in: true,
      signed_in_by: "ANTHROPIC_API_KEY",
      can: expect.arrayContaining(["model", "ask for permissions", "tell usage"]),
    })
    expect(of("codex")).toMatchObject({ installed: true, version: "0.169.0", signed_in: false })
    expect(of("gemini")).toMatchObject({ installed: true, problem: expect.stringContaining("ends with code 3: needs a newer Node") })
    expect(of("opencode")).toMatchObject({ installed: false, signed_in: true, signed_in_by: "ANTHROPIC_API_KEY" })
    expect(of("acp:copilot")).toMatchObject({ installed: false, signed_in: null })
    expect(told.tools.find(({ name }: { name: string }) => name === "leftovers")).toMatchObject({ ok: process.platform === "linux", needed: false })
    expect(told.tools.find(({ name }: { name: string }) => name === "git")).toEqual({
      name: "git",
      ok: true,
      needed: true,
      version: "2.34.1",
      note: "no warning of work that conflicts before 2.38",
    })
    expect(told.drivers.map(({ name }: { name: string }) => name)).toEqual(expect.arrayContaining(["shell", "pty", "acp", "a2a"]))
    const pretty = doctor({})
    expect(pretty.stdout).toContain("no  opencode    `opencode` is not installed\n")
    expect(pretty.stdout).toContain("ok  git         2.34.1; no warning of work that conflicts before 2.38\n")
  }, 60_000)

  it.each([
    ["hangs", "exec tail -f /dev/null", 500, { found: true, problem: "`odd --version` did not end in 0.5 s" }],
    [
      "hangs and heeds nothing but a kill",
      "trap '' TERM; echo 1.2.3; while :; do sleep 0.1; done",
      500,
      { problem: "`odd --version` did not end in 0.5 s: 1.2.3" },
    ],
    [
      "says that all is well when it is stopped",
      "trap 'exit 0' TERM; while :; do sleep 0.1; done 2>/dev/null",
      500,
      { problem: "`odd --version` did not end in 0.5 s" },
    ],
    ["writes without end", "exec yes garbage", 500, { problem: "`odd --version` did not end in 0.5 s: garbage" }],
    ["leaves something that holds its output", "echo 4.5.6; (exec tail -f /dev/null) & exit 0", 20_000, { found: true, version: "4.5.6" }],
    ["kills itself", "kill -SEGV $$", 20_000, { problem: "`odd --version` was killed by SIGSEGV" }],
    ["writes bytes that are no text", "head -c 5000 /dev/zero | tr '\\0' '\\377'; echo", 20_000, { found: true }],
    ["writes nothing", "exit 0", 20_000, { found: true }],
    ["paints its version", "printf '\\033[1m\\033]0;title\\007odd 7.8.9\\033[0m\\n'", 20_000, { found: true, version: "7.8.9" }],
    [
      "complains in colors, at length",
      "printf '\\033[2J\\033[31m%0300d\\n' 0 >&2; exit 1",
      20_000,
      { problem: `\`odd --version\` ends with code 1: ${"0".repeat(200)}` },
    ],
  ])("tells of an agent that %s", async (_what, script, limitMs, told) => {
    program("odd", script)
    const found = await probeProgram(["odd", "--version"], { PATH: `${bin}:${process.env["PATH"]}`, FLEET_RUN: home }, limitMs)
    expect(found).toEqual({ found: true, ...told })
  })

  it("tells of an agent that is there and cannot start", async () => {
    const at = (name: string): string => join(bin, name)
    symlinkSync(join(home, "gone"), at("dangling"))
    mkdirSync(at("folder"))
    writeFileSync(at("plain"), "no program")
    writeFileSync(at("alien"), "\u007fELF of another machine")
    writeFileSync(at("script"), `#!${home}/gone/node\n`)
    for (const name of ["alien", "script"]) chmodSync(at(name), 0o755)
    const probe = (name: string) => probeProgram([name, "--version"], { PATH: bin })
    expect(await probe("dangling")).toEqual({ found: true, problem: `${at("dangling")} is a link to something that is not there: install it again` })
    expect(await probe(at("dangling"))).toEqual(await probe("dangling"))
    expect(await probe("script")).toMatchObject({ found: true, problem: expect.stringContaining("the interpreter in its first line") })
    expect(await probe("alien")).toMatchObject({ found: true, problem: expect.stringContaining("ends with code 127") })
    for (const name of ["plain", "folder"])
      expect(await probe(name)).toMatchObject({ found: true, problem: expect.stringMatching(/^it does not start: .*EACCES/u) })
    expect(await probe("nothing")).toEqual({ found: false })
    const { stdout } = doctor({ CLAUDE_BIN: at("dangling") })
    expect(stdout).toContain(`no  claude      ${at("dangling")} is a link to something that is not there: install it again`)
  }, 60_000)

  it("fails where fleets cannot run", () => {
    rmSync(join(bin, "git"), { force: true })
    const { status, stdout } = doctor({})
    expect(status).toBe(1)
    expect(stdout).toContain("no  git         not installed")
    symlinkSync("/nowhere", join(bin, "git"))
    expect(doctor({}).status).toBe(1)
  }, 60_000)

  it("tells who is signed in by what lies there", async () => {
    expect(await signIn("claude")).toEqual(process.platform === "darwin" ? { is: undefined, by: expect.any(String) } : { is: false })
    mkdirSync(join(home, ".codex"))
    writeFileSync(join(home, ".codex/auth.json"), "not json")
    expect(await signIn("codex")).toEqual({ is: false })
    writeFileSync(join(home, ".codex/auth.json"), JSON.stringify({ OPENAI_API_KEY: null, tokens: { id_token: "x" } }))
    expect(await signIn("codex")).toEqual({ is: true, by: join(home, ".codex/auth.json") })
    mkdirSync(join(home, "other"))
    writeFileSync(join(home, "other/config.toml"), 'model = "x"\nmodel_provider = "mine"\n')
    expect(await signIn("codex", { CODEX_HOME: join(home, "other") })).toMatchObject({ is: undefined })
    expect(await signIn("gemini", { GEMINI_API_KEY: "x" })).toEqual({ is: true, by: "GEMINI_API_KEY" })
    expect(await signIn("opencode")).toMatchObject({ is: undefined })
  })

  it("knows an agent only by a driver that is there", () => {
    for (const { kind } of agents) expect(Object.keys(builtinDrivers)).toContain(kind)
  })

  it("compares versions by their numbers", () => {
    expect(["2.9.5", "2.38", "2.38.1", "10.0"].map((version) => isAtLeast(version, "2.38"))).toEqual([false, true, true, true])
  })
})
