/** Agents in a sandbox: real ones where bubblewrap works; what is said where it does not. */
import { execFileSync, spawnSync } from "node:child_process"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { compile } from "#compiler"
import { markedProcesses } from "#sdk"
import { bwrapProblem, confineWithBwrap } from "#runtime/platform/bwrap.ts"
import { builtinDrivers, builtinWorkspaces, forkFleet, resumeFleet } from "../../../library/runtime.ts"
import { makeMemoryJournal } from "#runtime"
import { startFleet, type FleetEvent, type StartOptions } from "../../../library/index.ts"

const problem = await bwrapProblem(process.env)
const place = realpathSync(mkdtempSync(join(tmpdir(), "fleet-sandbox-")))
afterAll(() => rmSync(place, { recursive: true, force: true }))

const home = join(place, "home")
const repository = join(home, "project")
mkdirSync(repository, { recursive: true })
writeFileSync(join(home, "secret"), "the keys")
writeFileSync(join(place, "outside"), "as it was")
const git = (...args: ReadonlyArray<string>): string =>
  execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.org", ...args], { cwd: repository, encoding: "utf8" })
git("init", "-q", "-b", "main")
git("config", "user.name", "t")
git("config", "user.email", "t@example.org")
git("commit", "-q", "--allow-empty", "-m", "start")

const run = async (script: string, { sandbox = "bwrap", workspace = "git-worktree" } = {}, options: StartOptions = {}) => {
  const text = `fleet:
  base_branch: main
  workspace: ${workspace}
  sessions:
    a: { driver: shell, command: [sh, -c, ${JSON.stringify(script)}], sandbox: ${sandbox} }
  start: a
`
  const { ir, diagnostics } = compile({ file: "fleet.yaml", text, files: () => undefined })
  if (ir === undefined) throw new Error(JSON.stringify(diagnostics))
  const events: Array<FleetEvent> = []
  const env = { PATH: process.env["PATH"], HOME: home, TMPDIR: place }
  const fleet = await startFleet(ir, { root: repository, env, onEvent: (event) => void events.push(event), ...options })
  const result = await fleet.result
  await fleet.close()
  const said = events.flatMap((event) => (event.type === "session.done" ? event.text.trim().split("\n") : []))
  return { result, said, events }
}

describe.skipIf(problem !== undefined)(`an agent in bwrap${problem === undefined ? "" : ` (skipped: ${problem})`}`, () => {
  let server: Server
  let port = 0
  beforeAll(async () => {
    server = createServer((_, response) => response.end("reached"))
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening))
    port = (server.address() as AddressInfo).port
  })
  afterAll(() => void server.close())

  it("works in its worktree and commits there, and sees and changes nothing else", async () => {
    const hook = join(repository, ".git/hooks/post-commit")
    const { result, said } = await run(
      [
        "echo work > work.txt && git add . && git commit -qm own && echo committed",
        `cat ${join(home, "secret")} 2>/dev/null || echo no secret`,
        `ls -A ~ | grep -v project; echo changed > ${join(place, "outside")}; echo x 2>/dev/null > /srv-made || echo no write`,
        `echo x > ~/mine && echo "a home of its own"`,
        `echo '#!/bin/sh' > ${hook} || echo no hook`,
        "git config core.fsmonitor ./evil 2>/dev/null || echo no config",
        "rm -f .git 2>/dev/null; git log --format=%s -1",
        "ls /proc | grep -c '^[0-9]*$' | grep -qx '[0-9]' && echo alone",
      ].join("; "),
    )
    expect(result.status).toBe("succeeded")
    expect(said).toEqual(["committed", "no secret", "no write", "a home of its own", "no hook", "no config", "own", "alone"])
    expect(readFileSync(join(place, "outside"), "utf8")).toBe("as it was")
    expect([existsSync(hook), existsSync(join(home, "mine"))]).toEqual([false, false])
    expect(git("show", `fleetwright/${result.run}/a:work.txt`)).toBe("work\n")
    expect(git("config", "--get-regexp", "core.*")).not.toContain("fsmonitor")
  })

  it("has no network unless the fleet says so, and what it is told it may read and write", async () => {
    const shared = join(home, "shared")
    mkdirSync(shared)
    symlinkSync(shared, join(home, "link"))
    const ask = `node -e 'fetch("http://127.0.0.1:${port}").then((r) => r.text()).then(console.log, () => console.log("nobody"))'`
    expect((await run(ask)).said).toEqual(["nobody"])
    const more = "{ use: bwrap, net: true, read: [~/secret], write: [~/link] }"
    const { said } = await run(`${ask}; cat ~/secret; echo; echo x > ~/secret || echo no write; echo kept > ~/link/kept`, { sandbox: more })
    expect(said).toEqual(["reached", "the keys", "no write"])
    expect(readFileSync(join(shared, "kept"), "utf8")).toBe("kept\n")
  })

  it("reaches the hosts that the fleet names through its proxy, no others, and nothing beside it", async () => {
    const program = join(place, "reach.mjs")
    writeFileSync(
      program,
      `import { request } from "node:http"
import { connect } from "node:net"
const proxy = new URL(process.env.HTTPS_PROXY)
const asked = (path) => new Promise((done) => request({ host: proxy.hostname, port: proxy.port, path }, (response) => {
  let text = ""
  response.on("data", (part) => { text += part }).on("end", () => done(response.statusCode + " " + text.trim()))
}).end())
console.log(await asked("http://localhost:${port}/"))
console.log((await asked("http://127.0.0.2:${port}/")).slice(0, 3))
connect(${port}, "127.0.0.1").on("connect", () => console.log("reached")).on("error", () => console.log("nobody"))
`,
    )
    const sandbox = `{ use: bwrap, net: ["localhost:${port}"], read: [${program}] }`
    const { said, result } = await run(`node ${program}; exit 3`, { sandbox })
    expect([said, result.status]).toEqual([[], "failed"])
    expect((await run(`node ${program}`, { sandbox })).said).toEqual(["200 reached", "403", "nobody"])
  })

  it.each(["bwrap", "{ use: bwrap, net: [127.0.0.1] }"])("is stopped with all it started: %s", async (sandbox) => {
    const { ir } = compile({
      file: "fleet.yaml",
      text: `fleet:
  workspace: none
  sessions: { a: { driver: shell, command: [sh, -c, "(trap '' TERM; sleep 1000) & setsid sleep 1000 & echo ready; sleep 1000"], sandbox: ${sandbox} } }
  start: a
`,
      files: () => undefined,
    })
    if (ir === undefined) throw new Error("no IR")
    let ready = (): void => {}
    const started = new Promise<void>((resolve) => {
      ready = resolve
    })
    const onEvent = (event: FleetEvent): void => {
      if (event.type === "agent") ready()
    }
    const fleet = await startFleet(ir, { root: place, env: { PATH: process.env["PATH"], HOME: home }, onEvent })
    await started
    expect(markedProcesses(fleet.id).length).toBeGreaterThan(3)
    await fleet.close()
    expect(markedProcesses(fleet.id)).toEqual([])
  })

  describe("is held by what the run knows, not by what one before it has left", () => {
    const spawned = (workspace: string, script: string, { branch, path = "" }: { readonly branch?: string; readonly path?: string } = {}) => {
      const env = { PATH: `${path}${process.env["PATH"]}`, HOME: home }
      const confine = confineWithBwrap({ sandbox: { use: "bwrap", net: false, read: [], write: [] }, env, workspace, branch })
      const [program = "", ...args] = confine(["sh", "-c", script], workspace, { GIVEN: "by the agent" })
      return spawnSync(program, args, { encoding: "utf8", env })
    }
    const writes = (file: string): string => `mkdir -p ${dirname(file)} 2>/dev/null; echo evil > ${file} 2>/dev/null; echo tried`
    let made = 0
    const worktree = () => {
      const [path, branch] = [join(place, `tree-${++made}`), `fleetwright/made/tree-${made}`]
      git("worktree", "add", "-q", "-b", branch, path)
      return { path, branch, gitDir: join(repository, `.git/worktrees/tree-${made}`) }
    }
    const folder = (): string => mkdtempSync(join(place, "plain-"))

    it("a worktree's HEAD opens no other folder of the repository", () => {
      const { path, branch, gitDir } = worktree()
      const evil = join(repository, ".git/hooks/evil")
      writeFileSync(join(gitDir, "HEAD"), "ref: refs/heads/../../hooks/x\n")
      expect(spawned(path, writes(evil), { branch }).stdout).toBe("tried\n")
      expect(existsSync(evil)).toBe(false)
    })

    it("a worktree gets no configuration of its own", () => {
      const { path, branch, gitDir } = worktree()
      expect(spawned(path, `${writes(join(gitDir, "config.worktree"))}; git log --format=%s -1`, { branch }).stdout).toBe("tried\nstart\n")
      expect(readFileSync(join(gitDir, "config.worktree"), "utf8")).toBe("")
    })

    it.each([
      ["a .git that points elsewhere", (at: string) => writeFileSync(join(at, ".git"), `gitdir: ${home}\n`)],
      ["a .git that is a link", (at: string) => symlinkSync(home, join(at, ".git"))],
      [
        "a repository of links",
        (at: string) => {
          const gitDir = join(at, "fake/worktrees/w")
          mkdirSync(gitDir, { recursive: true })
          symlinkSync(home, join(at, "fake/objects"))
          writeFileSync(join(gitDir, "commondir"), "../..")
          writeFileSync(join(gitDir, "gitdir"), join(at, ".git"))
          writeFileSync(join(at, ".git"), `gitdir: ${gitDir}\n`)
        },
      ],
    ])("%s opens nothing", (_, left) => {
      const at = folder()
      left(at)
      const tries = [join(home, "evil"), join(at, ".git/evil"), join(at, "fake/objects/evil")].map(writes)
      expect(spawned(at, `cat ${join(home, "secret")} ${join(at, ".git/secret")} 2>/dev/null; ${tries.join("; ")}`).stdout).toBe("tried\n".repeat(3))
      expect(existsSync(join(home, "evil"))).toBe(false)
    })

    it("a repository that is the workspace keeps its configuration and hooks, and is not exchanged for another", () => {
      const at = folder()
      execFileSync("git", ["init", "-q", "--template=", at])
      const hook = join(at, ".git/hooks/post-commit")
      expect(spawned(at, `${writes(hook)}; git config core.pager evil; mv .git was && git init -q . || echo no other`).stdout).toBe("tried\nno other\n")
      expect([existsSync(hook), readFileSync(join(at, ".git/config"), "utf8").includes("evil")]).toEqual([false, false])
    })

    it("a program of the agent's own is not what makes the sandbox, and gets the variables that are for it", () => {
      const at = folder()
      writeFileSync(join(at, "bwrap"), `#!/bin/sh\necho evil > ${join(home, "evil")}\n`)
      chmodSync(join(at, "bwrap"), 0o755)
      expect(spawned(at, 'echo "$GIVEN"', { path: `${at}:` }).stdout).toBe("by the agent\n")
      expect(existsSync(join(home, "evil"))).toBe(false)
    })
  })

  it("that is not installed is said to be so", async () => {
    const { result } = await run("true", {}, { env: { PATH: process.env["PATH"], HOME: home } })
    expect(result.status).toBe("succeeded")
    const text = "fleet:\n  workspace: none\n  sessions: { a: { driver: shell, command: [no-such-agent], sandbox: bwrap } }\n  start: a\n"
    const { ir } = compile({ file: "fleet.yaml", text, files: () => undefined })
    if (ir === undefined) throw new Error("no IR")
    const fleet = await startFleet(ir, { root: place, env: { PATH: process.env["PATH"], HOME: home } })
    expect(JSON.stringify(await fleet.result)).toContain("no-such-agent is not installed")
  })
})

describe("a fleet with a sandbox, where bwrap is not or does not work", () => {
  /** A run whose process died before anything happened. */
  const abandoned = async () => {
    const text = `fleet:
  workspace: none
  sessions: { a: { driver: shell, command: [touch, ${JSON.stringify(join(place, "started"))}], sandbox: bwrap } }
  start: a
`
    const { ir } = compile({ file: "fleet.yaml", text, files: () => undefined })
    if (ir === undefined) throw new Error("no IR")
    const journal = makeMemoryJournal()
    const run = "r1"
    await Effect.runPromise(Effect.flatMap(journal.create({ run, ir, root: place, startedAt: 0, inputs: {} }), (lease) => journal.release(lease)))
    return { run, journal, drivers: builtinDrivers, workspaces: builtinWorkspaces }
  }

  it.each([
    ["is not there", undefined, "bwrap is not installed; install the package bubblewrap"],
    [
      "is forbidden",
      "#!/bin/sh\necho 'No permissions to create new namespace' >&2; exit 1\n",
      "bwrap does not work here: No permissions to create new namespace",
    ],
  ])("%s: does not start", async (_, program, message) => {
    const folder = mkdtempSync(join(place, "bin-"))
    if (program !== undefined) {
      writeFileSync(join(folder, "bwrap"), program)
      chmodSync(join(folder, "bwrap"), 0o755)
    }
    const env = { PATH: folder }
    const started = run(`touch ${join(place, "started")}`, { workspace: "none" }, { env })
    await expect(started).rejects.toMatchObject({ _tag: "InvalidStart", message: expect.stringContaining(message) })
    const left = await abandoned()
    await expect(resumeFleet({ ...left, env })).rejects.toMatchObject({ reason: "no_sandbox", message: expect.stringContaining(message) })
    await expect(forkFleet({ ...left, at: 1, env })).rejects.toMatchObject({ _tag: "NotForkable", message: expect.stringContaining(message) })
    const fleet = await resumeFleet({ ...left, env, cancel: { code: "user" } })
    expect(await fleet.result).toMatchObject({ status: "cancelled" })
    await fleet.close()
    expect(existsSync(join(place, "started"))).toBe(false)
  })
})
