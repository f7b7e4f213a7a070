import { execFileSync, spawn } from "node:child_process"
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { FleetEvent } from "#runtime"
import { fleetwright, onDeno, program, type Ran } from "./command-line.ts"
import { noTerminals, typedAt, type Step } from "./typed-terminal.ts"

const [runtime, ...bin] = program
const agent = fileURLToPath(new URL("../plugins/drivers/agents/acp-agent.mjs", import.meta.url))

const pair = `fleet:
  budget: { usd: 100 }
  defaults: { driver: "acp:talker", workspace: none }
  sessions: { lead: {}, other: {} }
  start: lead
`
const shell = `fleet:
  defaults: { driver: shell, workspace: none, permissions: allow }
  sessions:
    a: { command: [sh, -c, 'read x; test "$x" = break && exit 3; echo "a heard $x"'] }
    b: { command: [sh, -c, 'read x; echo "b heard $x"'], env: { KEY: "\${env.SECRET_THAT_NOBODY_SET}" } }
  start: a
  routes: |
    on a.done -> b with "\${a.text}"
`
const slow = `fleet:
  defaults: { driver: shell, workspace: none, permissions: allow }
  sessions: { a: { command: [sh, -c, 'read x; echo "heard $x"; touch begun; sleep 1000'] } }
  start: a
`

describe("a conversation", { concurrent: true }, () => {
  let directory: string
  let env: NodeJS.ProcessEnv
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "fleet-chat-"))
    for (const [name, text] of Object.entries({ pair, shell, slow })) writeFileSync(join(directory, `${name}.yaml`), text)
    mkdirSync(join(directory, "bin"))
    for (const name of ["talker", "qwen"]) {
      writeFileSync(join(directory, "bin", name), `#!/bin/sh\nexec '${process.execPath}' ${onDeno ? "run -qA " : ""}'${agent}' "$@"\n`)
      chmodSync(join(directory, "bin", name), 0o755)
    }
    env = { PATH: `${join(directory, "bin")}${delimiter}${process.env["PATH"]}`, HOME: directory }
  })
  afterAll(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }))

  const piped = (args: ReadonlyArray<string>, text: string, cwd = directory, more: NodeJS.ProcessEnv = env): Promise<Ran> =>
    new Promise((done, broken) => {
      const child = spawn(runtime, [...bin, ...args], { cwd, env: { ...process.env, ...more }, stdio: ["pipe", "pipe", "pipe"] })
      let out = ""
      let err = ""
      child.stdout.setEncoding("utf8").on("data", (part: string) => {
        out += part
      })
      child.stderr.setEncoding("utf8").on("data", (part: string) => {
        err += part
      })
      child.on("error", broken).on("close", (code) => done({ code, out, err }))
      child.stdin.end(text)
    })

  describe.skipIf(noTerminals !== undefined)(
    noTerminals === undefined ? "in a terminal" : `in a terminal (skipped: ${noTerminals})`,
    { concurrent: true },
    () => {
      it("streams, asks inline, is answered, cancels a turn, ends, and is in the journal", async () => {
        const steps: ReadonlyArray<Step> = [
          [/lead>$/u, "hello\r"],
          [/lead: hello from the agent\n[^]*lead>$/u, "\u001b[200~pasted\ntext\u001b[201~"],
          [/\nlead> pasted\n\.\.\. text$/u, "\r"],
          [/lead: no scene pasted\nlead: text\nlead>$/u, "permission\r"],
          [/q2: permission of lead: execute: Make \(y\/always\/n\)\nq2 \(y\/always\/n\)>$/u, "hmm\r"],
          [/q2 is answered with y, always, n[^]*>$/u, "y\r"],
          [/q2: answered allow_once\n[^]*lead: done\nlead>$/u, "@other question\r"],
          [/q3: question of other: Which color\? \[1 = red, 2 = blue\]\nq3>$/u, "2\r"],
          [/other: you said blue\nother>$/u, "hang\r"],
          [/other: working\n[^]*other>$/u, "\u0003"],
          [/other: cancelled\nother>$/u, "/who\r"],
          [/> other {2}acp {2}cancelled\nother>$/u, "hello\r"],
          [/cancelled[^]*other: hello from the agent\nother>$/u, "\u0004"],
        ]
        const { code, screen, raw, stuckAt } = await typedAt(["chat", "pair.yaml"], directory, env, steps)
        expect({ stuckAt, code, screen }).toMatchObject({ stuckAt: undefined, code: 0 })
        expect(screen).toMatch(/^-- here are lead, other; you speak to lead/u)
        expect(raw).toMatch(/\u001b\[\d+mlead: \u001b\[0m/u)
        const run = /run (\S+) succeeded/u.exec(screen)?.[1] ?? ""
        const shown = await fleetwright(["logs", run, "--session", "other"], directory)
        expect(shown.out).toContain("cap.text_chunk: hello")
        // who was cancelled is spoken to again, and is the same
        expect(shown.out.match(/session\.ready/gu)).toHaveLength(1)
        expect((await fleetwright(["show", run], directory)).out).toContain("run succeeded")
      }, 120_000)

      it("keeps what is typed while agents speak, takes a correction, has no colours for who declines them, and ends at the second Ctrl-C", async () => {
        const steps: ReadonlyArray<Step> = [
          [/a>$/u, "first\r"],
          [/heard first\na>$/u, "/now no, se"],
          [/a> \/now no, se$/u, "cond\r"],
          [/a> \/now no, second\n-- interrupted\nheard first\na>$/u, "\u0003"],
          [/-- cancelled\na>$/u, "\u0003"],
        ]
        const { code, screen, raw, stuckAt } = await typedAt(["chat", "slow.yaml"], directory, { ...env, NO_COLOR: "1" }, steps, 60)
        expect({ stuckAt, code, screen }).toMatchObject({ stuckAt: undefined, code: 130 })
        expect(screen).toMatch(/run \S+ cancelled: SIGINT\n {2}a {2}cancelled$/u)
        // oxlint-disable-next-line no-control-regex
        expect(raw).not.toMatch(/\u001b\[\d+m/u)
      }, 120_000)
    },
  )

  it("from a pipe says each line when the one before is done; what agents say stands alone on standard output", async () => {
    const { code, out, err } = await piped(["chat", "shell.yaml"], "one\ntwo \\\nand more\n@b three\n/nope\n@nobody hello\n")
    expect(err).toContain("there is no command /nope")
    expect(err).toContain("there is no session nobody")
    expect(err).toContain("SECRET_THAT_NOBODY_SET is not set: b goes without it\n")
    expect(err).toMatch(/run \S+ succeeded/u)
    expect(out.split("\n").filter((line) => line.startsWith("a: "))).toEqual(["a: a heard one", "a: a heard two"])
    expect(
      out
        .split("\n")
        .filter((line) => line.startsWith("b: "))
        .toSorted(),
    ).toEqual(["b: b heard a heard one", "b: b heard a heard two", "b: b heard three"])
    expect(out.match(/^[^ab]/gmu)).toBeNull()
    expect(code).toBe(0)
  }, 120_000)

  it("gives machines its events; a session that fails makes it fail", async () => {
    const { code, out } = await piped(["chat", "shell.yaml", "--format", "json", "--ephemeral"], "break\nagain\n")
    const events = out
      .trim()
      .split("\n")
      .map((line): FleetEvent => JSON.parse(line))
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, at) => at + 1))
    expect(events.flatMap((event) => (event.type === "session.failed" || event.type === "session.done" ? [`${event.type} ${event.session}`] : []))).toEqual([
      "session.failed a",
      "session.done a",
      "session.done b",
    ])
    expect(events.at(-1)).toMatchObject({ type: "run.ended", status: "failed" })
    expect(code).toBe(1)
  }, 120_000)

  it("from a pipe the next line answers what is asked; one that is no answer declines it; nobody is left waiting at the end", async () => {
    const { code, out, err } = await piped(["chat", "pair.yaml"], "permission\ny\ntwice\nhello\nquestion\n")
    expect(err).toContain("q2: answered allow_once")
    expect(err).toMatch(/q3: declined[^]*q3: answered deny, by headless/u)
    expect(err).toMatch(/q4: [^]*by headless/u)
    expect(out).toMatch(/lead: hello from the agent\n/u)
    expect(code).toBe(0)
  }, 120_000)

  it("without a file speaks to an agent that is here, in a worktree, or says that there is none", async () => {
    const place = mkdtempSync(join(directory, "place-"))
    const git = (...args: ReadonlyArray<string>): string =>
      execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.org", ...args], { cwd: place, encoding: "utf8" })
    git("init", "-q", "-b", "trunk")
    git("commit", "-q", "--allow-empty", "-m", "start")
    const only = { ...env, PATH: `${join(directory, "bin")}${delimiter}/usr/bin${delimiter}/bin` }
    const talked = await piped(["chat"], "permission\ny\n", place, only)
    expect(talked.err).toMatch(/you speak to Qwen Code \(driver acp:qwen; --driver names another\).*; it works in a worktree of its own, from trunk/u)
    expect(talked.out).toContain("done\n")
    const run = /run (\S+) succeeded/u.exec(talked.err)?.[1] ?? ""
    expect(git("show", `fleetwright/${run}/agent:permitted.txt`)).toBe("made")
    expect(existsSync(join(place, "permitted.txt"))).toBe(false)
    const [nobody, both, named] = await Promise.all([
      piped(["chat"], "", place, { ...env, PATH: `/usr/bin${delimiter}/bin` }),
      piped(["chat", join(directory, "pair.yaml"), "--driver", "claude"], "", place),
      piped(["chat", "--driver", "acp:talker"], "hello\n", place),
    ])
    expect(nobody).toMatchObject({ code: 2, err: expect.stringContaining("there is no fleet.yaml here, and no agent that is known") })
    expect(both).toMatchObject({ code: 2, err: expect.stringContaining("--driver is for a conversation without a fleet file") })
    expect(named).toMatchObject({ code: 0, out: "hello from the agent\n" })
  }, 120_000)

  it("a conversation whose process died is taken up as one", async () => {
    const place = mkdtempSync(join(directory, "died-"))
    writeFileSync(join(place, "fleet.yaml"), pair)
    const child = spawn(runtime, [...bin, "chat"], { cwd: place, env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "ignore"] })
    const over = new Promise((done) => child.once("exit", done))
    const spoke = new Promise<void>((done) => {
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        if (text.includes("hello from the agent")) done()
      })
    })
    child.stdin.write("hello\n")
    await Promise.race([spoke, over])
    child.kill("SIGKILL")
    await over
    const { runs } = JSON.parse((await fleetwright(["runs", "--format", "json"], place)).out)
    const left = await fleetwright(["send", runs[0].run, "other", "hello"], place)
    expect(left).toMatchObject({ code: 0, out: expect.stringContaining("it is said when fleetwright resume") })
    const resumed = await piped(["resume", runs[0].run], "hello\n@other hello\n", place)
    expect(resumed.out.match(/^\w+: hello from the agent$/gmu)).toHaveLength(3)
    expect(resumed.code).toBe(0)
  }, 120_000)
})
