/** What `permissions` prints is enough for a run on Deno, and nothing of it can be left out: then it is said which permission is missing, and for what. */
import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { startAgent, type Agent } from "../plugins/drivers/agents/a2a-agent.ts"
import { manifest } from "../plugins/manifest-text.ts"
import { commandLine, root } from "./both-runtimes.ts"

const claude = join(root, "test/plugins/drivers/agents/claude-agent.mjs")
const acp = join(root, "test/plugins/drivers/agents/acp-agent.mjs")
const terminal = join(root, "test/plugins/drivers/agents/pty-agent.mjs")

let home: string
let remote: Agent
beforeAll(async () => {
  home = realpathSync(mkdtempSync(join(tmpdir(), "fleet-least-")))
  remote = await startAgent({ binding: "JSONRPC", version: "1.0", streaming: true })
})
afterAll(async () => {
  await remote.close()
  rmSync(home, { recursive: true, force: true, maxRetries: 5 })
})

interface Case {
  readonly name: string
  readonly fleet: () => string
  readonly files?: { readonly [name: string]: string }
  readonly kinds: ReadonlyArray<string>
  /** What is in the home of who runs it. */
  readonly owns?: { readonly [name: string]: string }
  /** In a git repository. */
  readonly git?: true
  readonly says: ReadonlyArray<string>
}

const cases: ReadonlyArray<Case> = [
  {
    name: "an agent and a command in worktrees",
    git: true,
    fleet: () => `fleet:
  base_branch: main
  task: tool
  budget: { usd: 5 }
  permissions: allow
  sessions:
    agent: { driver: claude, command: [${JSON.stringify(process.execPath)}, ${JSON.stringify(claude)}] }
    command: { driver: shell, command: [sh, -c, 'echo work > work.txt; echo made'] }
  start: agent
  routes: on agent.done -> command
`,
    kinds: ["read", "write", "run", "env"],
    says: ["agent: done", "command: done, made"],
  },
  {
    name: "an agent elsewhere",
    fleet: () => `fleet:
  task: hello
  workspace: none
  budget: { wall: 1m }
  sessions: { far: { driver: "a2a:${remote.url}" } }
  start: far
`,
    kinds: ["read", "write", "net", "env"],
    says: ["far: done, hello"],
  },
  {
    name: "an agent whose manifest has a terminal alone",
    files: { "mine.toml": manifest("mine", "[parse]\nidle = '^\\[ready\\]$'", [process.execPath, terminal]) },
    fleet: () => `fleet:
  task: hello
  workspace: none
  permissions: allow
  sessions: { a: { manifest: mine.toml } }
  start: a
`,
    kinds: ["read", "write", "run", "env", "ffi"],
    says: ["a: done, hello from the agent"],
  },
  {
    name: "an agent whose manifest is its user's",
    owns: { ".config/cap/agents/mine.toml": manifest("mine", "[fast_path]\nacp_stdio = true", [process.execPath, acp]) },
    fleet: () => `fleet:
  task: hello
  workspace: none
  permissions: allow
  sessions: { a: { agent: mine } }
  start: a
`,
    kinds: ["read", "write", "run", "env"],
    says: ["a: done, hello from the agent"],
  },
  {
    name: "policies and a directory of its own",
    files: { "rules.cedar": "permit(principal, action, resource);" },
    fleet: () => `fleet:
  task: go
  workspace: directory
  permissions: allow
  policies: [baseline, secrets, { use: cedar, with: { policies: ./rules.cedar } }]
  sessions: { a: { driver: shell, command: [sh, -c, 'echo there'] } }
  start: a
`,
    kinds: ["read", "write", "run", "env"],
    says: ["a: done, there"],
  },
]

/** `flags` without one of what each allows. */
const oneLess = (flags: ReadonlyArray<string>): ReadonlyArray<{ readonly kind: string; readonly without: string; readonly left: ReadonlyArray<string> }> =>
  flags.flatMap((flag) => {
    const [name = "", list] = flag.split("=")
    const others = flags.filter((other) => other !== flag)
    const kind = name.slice("--allow-".length)
    const parts = list?.split(",") ?? []
    if (kind === "run")
      return [
        { kind, without: "anything", left: others },
        { kind, without: "what is in no list", left: [...others, "--allow-run=node,git,sh,cat,find,grep"] },
      ]
    if (parts.length < 2) return [{ kind, without: list ?? "", left: others }]
    return parts.map((without) => ({ kind, without, left: [...others, `${name}=${parts.filter((part) => part !== without).join(",")}`] }))
  })

describe("with the permissions that a fleet needs", { concurrent: true }, () => {
  it.each(cases)(
    "$name: runs, and with any less of them says what is missing",
    async ({ name, fleet, files = {}, owns, kinds, git, says }) => {
      const place = join(home, name.replaceAll(" ", "-"))
      const written = { ...files, "fleet.yaml": fleet() }
      for (const [folder, texts] of [[place, written] as const, [`${place}-home`, owns ?? {}] as const])
        for (const [file, text] of Object.entries(texts)) {
          mkdirSync(dirname(join(folder, file)), { recursive: true })
          writeFileSync(join(folder, file), text)
        }
      const variables = owns === undefined ? {} : { HOME: `${place}-home`, PATH: "/usr/bin" }
      if (git) {
        const inPlace = (...args: ReadonlyArray<string>): void =>
          void execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.org", ...args], { cwd: place })
        inPlace("init", "-q", "-b", "main")
        inPlace("add", ".")
        inPlace("commit", "-q", "-m", "start")
      }
      const needed = await commandLine(variables, undefined, place, "permissions", "fleet.yaml", "--format", "flags")
      const [, ...flags] = needed.out.trim().split(" ")
      expect(flags.map((flag) => flag.split("=")[0])).toEqual(kinds.map((kind) => `--allow-${kind}`))
      const ran = (given: ReadonlyArray<string>) => commandLine(variables, given, place, "run", "fleet.yaml", "--headless")
      const enough = await ran(flags)
      expect([enough.code, enough.out, enough.err]).toEqual([0, expect.stringContaining("succeeded"), expect.any(String)])
      for (const words of says) expect(enough.out).toContain(words)
      const wrong: Array<unknown> = []
      for (const { kind, without, left } of oneLess(flags)) {
        const { code, out, err } = await ran(left)
        const told = `${out}${err}`
        const clear = (code === 1 || code === 2) && new RegExp(`[Rr]equires ${kind} access`, "u").test(told) && !/^ +at |defect/mu.test(told)
        if (!clear) wrong.push({ without: `${kind} ${without}`, code, told })
      }
      expect(wrong).toEqual([])
    },
    240_000,
  )
})
