import { execFile } from "node:child_process"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, describe, expect, it } from "vitest"
import { fleetwright, onDeno } from "./command-line.ts"

const folder = mkdtempSync(join(tmpdir(), "plugins-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const root = fileURLToPath(new URL("../../", import.meta.url))
const run = (file: string, args: ReadonlyArray<string>, cwd: string): Promise<{ readonly code: number; readonly out: string }> =>
  new Promise((resolve) => {
    execFile(file, args, { cwd, env: { ...process.env, NO_COLOR: "1" } }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), out: stdout + stderr }),
    )
  })

const deno = join(root, "node_modules/.bin/deno")

/** The tests of plugins as their authors run them; the package is the source here. */
const nodeTest = (cwd: string, ...patterns: ReadonlyArray<string>) =>
  run(onDeno ? "node" : process.execPath, ["--import", join(root, "test/plugins/source-hooks.mjs"), "--test", "--test-isolation=none", ...patterns], cwd)

/** Types are checked by `deno task check`, and with the package. */
const denoTest = (cwd: string, ...patterns: ReadonlyArray<string>) =>
  run(deno, ["test", "--no-check", "--no-prompt", "--config", join(root, "deno.json"), "--allow-read", "--allow-write", "--allow-env", ...patterns], cwd)

const kinds = ["routing", "policy", "driver", "workspace", "sink"] as const

describe("the example plugins", () => {
  it("are used by fleets that are right, and run where no agent is needed", async () => {
    const checked = await fleetwright(["check", join(root, "examples/plugins")], root)
    expect(checked.out).not.toMatch(/\b(?:error|warning)\[/)
    await Promise.all(
      ["ticket-router", "echo-agent", "scratch-place", "event-log"].map(async (example) => {
        const ran = await fleetwright(["run", join(root, "examples/plugins", example, "fleet.yaml"), "--ephemeral", "--format", "json"], folder)
        expect([example, ran.code, ran.err]).toMatchObject([example, 0, expect.not.stringContaining("failed")])
      }),
    )
    expect(readdirSync(folder)).toContain("events.ndjson")
  })
})

describe("plugin new", () => {
  const made = join(folder, "made")
  mkdirSync(made)
  // as `npm init` writes it
  writeFileSync(join(made, "package.json"), '{ "type": "commonjs" }')

  it.concurrent.each(kinds)("%s writes a plugin, a fleet, a test, a page and a package", async (kind) => {
    const { code } = await fleetwright(["plugin", "new", kind, `my-${kind}`], made)
    expect(code).toBe(0)
    const files = ["README.md", "fleet.yaml", `my-${kind}.test.ts`, `my-${kind}.ts`, "package.json", "tsconfig.json"]
    expect(readdirSync(join(made, `my-${kind}`)).sort()).toEqual(files)
  })

  it("whose tests pass at once, as those of the examples do, and whose fleets are right", async () => {
    const { code, out } = await nodeTest(made, "my-*/*.test.ts", join(root, "examples/plugins/**/*.test.ts"))
    expect(out).toMatch(/(?:#|ℹ) pass 18\b/)
    expect(code, out).toBe(0)
    const checked = await fleetwright(["check", ...kinds.map((kind) => `my-${kind}`)], made)
    expect(checked.out).not.toMatch(/\b(?:error|warning)\[/)
  })

  it("whose tests pass on Deno as they are, with files and the environment and nothing else", async () => {
    const { code, out } = await denoTest(made, "my-*/*.test.ts", join(root, "examples/plugins/"))
    expect([code, out]).toEqual([0, expect.stringContaining("ok | 18 passed | 0 failed")])
  })

  it.concurrent.each([
    [["plugin", "new", "routing", "my-routing"], "is there already"],
    [["plugin", "new", "router", "x"], "there is no kind"],
    [["plugin", "new", "routing", "../x"], "is no name"],
    [["plugin", "old", "routing", "x"], "is unknown"],
  ])("%j is refused", async (args, message) => {
    const { code, err } = await fleetwright(args, made)
    expect([code, err]).toEqual([2, expect.stringContaining(message)])
  })
})

describe("plugins", () => {
  it("lists what a fleet loads, and what comes along", async () => {
    const { code, out } = await fleetwright(["plugins", join(root, "examples/plugins/scratch-place/fleet.yaml"), "--format", "json"], folder)
    const { plugins } = JSON.parse(out)
    expect(code).toBe(0)
    expect(plugins[0]).toMatchObject({ name: "scratch-place", version: "1.0.0", kinds: ["workspace"], access: { write: [tmpdir()] } })
    expect(plugins.map(({ name }: { readonly name: string }) => name)).toEqual(expect.arrayContaining(["shell", "git-worktree", "baseline", "secrets", "llm"]))
  })

  it("tells of one that ends the process when it is imported, and never that all is well", async () => {
    writeFileSync(join(folder, "leaves.mjs"), "process.exit(0)\n")
    writeFileSync(join(folder, "leaves.yaml"), "fleet:\n  workspace: none\n  plugins: [./leaves.mjs]\n  sessions: { a: { driver: scripted } }\n  start: a\n")
    const { code, out } = await fleetwright(["check", "leaves.yaml"], folder)
    expect([code, out]).toEqual([1, expect.stringContaining('plugin "./leaves.mjs" could not be loaded: it ends its thread, as process.exit does')])
  })

  it("does not end a run by errors that nobody waits for", async () => {
    writeFileSync(
      join(folder, "stray.mjs"),
      `let wrote = 0
export default { name: "stray", version: "1.0.0", api: 1, sink: { write: () => {
  wrote += 1
  if (wrote === 1) setTimeout(() => { throw new Error("in a timer") })
  if (wrote === 2) void Promise.reject(new Error("forgotten"))
  if (wrote === 3) void Promise.reject("a text")
} } }
`,
    )
    writeFileSync(
      join(folder, "stray.yaml"),
      "fleet:\n  workspace: none\n  plugins: [./stray.mjs]\n  sinks: [stray]\n  sessions: { a: { driver: shell, command: [sleep, '0.3'] }, b: { driver: shell, command: [echo, after] } }\n  start: a\n  routes: on a.done -> b\n",
    )
    const { code, out, err } = await fleetwright(["run", "stray.yaml", "--ephemeral", "--format", "json"], folder)
    expect([code, err]).toEqual([0, expect.stringContaining("plugin ./stray.mjs: an error that nobody waits for: in a timer; the run goes on\n")])
    expect(err).toContain("plugin ./stray.mjs: an error that nobody waits for: forgotten; the run goes on")
    expect(err).toContain("plugin ./stray.mjs: an error that nobody waits for: a text; the run goes on")
    expect(out).toContain('"status": "succeeded"')
  })

  it("says what cannot be loaded", async () => {
    writeFileSync(join(folder, "broken.yaml"), "fleet:\n  workspace: none\n  plugins: [./none.ts]\n  sessions: { a: { driver: scripted } }\n  start: a\n")
    const { code, out } = await fleetwright(["plugins", "broken.yaml"], folder)
    expect([code, out.split("\n")[0]]).toEqual([1, expect.stringMatching(/^\.\/none\.ts .*cannot be loaded: there is no such file$/)])
  })
})

describe("policy test", () => {
  let tables = 0
  const table = async (text: string) => {
    const name = `cases-${++tables}.yaml`
    writeFileSync(join(folder, name), text)
    return fleetwright(["policy", "test", name], folder)
  }

  it("asks a pack about each case", async () => {
    const right = await table(`
policy: secrets
with: { patterns: ["ACME-[0-9]+"] }
cases:
  - { at: prompt, payload: { text: see ACME-12 }, expect: redact, passes: { text: "see [redacted]" } }
  - { at: tool, payload: { tool: Read }, expect: nothing }
`)
    expect([right.code, right.out.trim().split("\n").at(-1)]).toEqual([0, "2 cases, 0 wrong"])
    const wrong = await table("policy: baseline\ncases: [{ name: a push, at: tool, payload: { tool: Bash, input: { command: git push } }, expect: deny }]")
    expect([wrong.code, wrong.out.split("\n")[0]]).toEqual([1, "FAIL  a push: ask instead of deny (it publishes commits)"])
  })

  it("takes a plugin, and says what is wrong with a table", async () => {
    await Promise.all(
      [
        ["policy: ./none.ts\ncases: [{ at: tool, payload: {}, expect: deny }]", "could not be loaded"],
        ["policy: secrets\ncases: []", "cases: expected a list"],
        ["policy: secrets\ncases: [{ at: shell, payload: {}, expect: deny }]", "cases.0.at: expected one of prompt"],
        ["policy: secrets\nwith: { patterns: x }\ncases: [{ at: tool, payload: {}, expect: deny }]", "with: patterns:"],
      ].map(async ([text = "", problem]) => expect((await table(text)).err).toContain(problem)),
    )
    await fleetwright(["plugin", "new", "policy", "own-pack"], folder)
    const local = await table("policy: ./own-pack/own-pack.ts\ncases: [{ at: tool, payload: { input: { command: git push } }, expect: deny }]")
    expect([local.code, local.out.split("\n")[1]]).toEqual([0, "1 case, 0 wrong"])
  })
})

describe("permissions", () => {
  mkdirSync(join(folder, "deno"))
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, "deno", name), text)
    return `deno/${name}`
  }
  const flags = async (file: string): Promise<ReadonlyArray<string>> =>
    (await fleetwright(["permissions", file, "--format", "flags"], folder)).out.trim().split(" ")

  it("are the union of what the plugins, the drivers and the workspaces touch", async () => {
    const plugin = write(
      "netting.ts",
      `
export default { name: "netting", version: "1.0.0", api: 1, access: { net: ["b.example", "a.example"], write: ["/var/x"] }, sink: { write: () => {} } }
`,
    )
    expect(plugin).toBe("deno/netting.ts")
    const quiet = write(
      "quiet.yaml",
      "fleet:\n  workspace: none\n  plugins: [./netting.ts]\n  sinks: [netting]\n  sessions: { a: { driver: scripted } }\n  start: a\n",
    )
    const here = join(folder, "deno")
    expect(await flags(quiet)).toEqual([
      "--no-prompt",
      `--allow-read=${[here, root.replace(/\/$/, "")].sort().join(",")}`,
      `--allow-write=${[`${here}/.fleetwright`, "/var/x"].sort().join(",")}`,
      "--allow-net=a.example,b.example",
      "--allow-env",
    ])
    const terminal = write("terminal.yaml", "fleet:\n  workspace: none\n  sessions: { a: { driver: 'pty:cat' } }\n  start: a\n")
    const native = join(root, "node_modules/@lydell")
    expect(await flags(terminal)).toEqual(["--no-prompt", "--allow-read", "--allow-write", "--allow-run", "--allow-env", `--allow-ffi=${native}`])
    const model = write(
      "model.yaml",
      "fleet:\n  workspace: none\n  mode: { use: llm, with: { url: 'https://model.example/chat' } }\n  sessions: { a: { driver: shell, command: [ls] } }\n  start: a\n",
    )
    expect(await flags(model)).toEqual(expect.arrayContaining(["--allow-run", "--allow-net=model.example"]))
  })

  it("are enough for Deno, and every one of them is needed: without it a run says what is missing", async () => {
    const server = createServer((_, response) => response.end("b"))
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening))
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
    // what it says that it writes it never does: that is asked for all the same, as a sink's write would fail where nobody waits
    // a TypeScript plugin as it is, on Deno as on Node, of two files beside the fleet's folder; it asks the network who is next
    mkdirSync(join(folder, "shared"))
    writeFileSync(join(folder, "shared/at.ts"), `export const at = "http://${host}"\n`)
    writeFileSync(
      join(folder, "shared/router.ts"),
      `import { definePlugin } from "fleetwright/plugin"
import { at } from "./at.ts"
export default definePlugin({
  name: "router", version: "1.0.0", api: 1, access: { net: ["${host}"], read: ["${folder}/shared/next"], write: ["${folder}/shared/notes"] },
  routing: { decide: async ({ session }) => (session === "a" ? [{ send: await (await fetch(at)).text() + Deno.readTextFileSync("${folder}/shared/next") }] : []) },
})
declare const Deno: { readTextFileSync(path: string): string }
`,
    )
    writeFileSync(join(folder, "shared/next"), "")
    const file = write(
      "shell.yaml",
      `fleet:
  workspace: none
  plugins: [../shared/router.ts]
  sessions: { a: { driver: shell, command: [echo, one] }, b: { driver: shell, command: [echo, hello] } }
  start: a
  routes: on a.done -> use router
`,
    )
    const needed = await flags(file)
    expect(needed.map((flag) => flag.split("=")[0])).toEqual(["--no-prompt", "--allow-read", "--allow-write", "--allow-net", "--allow-run", "--allow-env"])
    const ranWith = (given: ReadonlyArray<string>) =>
      run(
        deno,
        ["run", "--no-prompt", "--config", join(root, "deno.json"), ...given, join(root, "cli/main.ts"), "run", "shell.yaml", "--headless"],
        join(folder, "deno"),
      )
    const enough = await ranWith(needed.slice(1))
    expect([enough.code, enough.out]).toEqual([0, expect.stringContaining("b: done, hello")])
    // what every fleet needs is tried in test/deno
    const ownFlags = needed.filter((flag) => /^--allow-(?:read|write|net)=/u.test(flag))
    const single = ownFlags.flatMap((flag) => {
      const [name = "", list] = flag.split("=")
      const parts = list?.split(",") ?? []
      return parts.length < 2
        ? [{ kind: name.slice("--allow-".length), without: "" }]
        : parts.map((without) => ({ kind: name.slice("--allow-".length), without }))
    })
    expect(single.map(({ without }) => without.replace(folder, ""))).toEqual(
      expect.arrayContaining(["/deno", "/shared/at.ts", "/shared/next", "/shared/router.ts", "/shared/notes", root.replace(/\/$/, "")]),
    )
    const oneLess = ({ kind, without }: { readonly kind: string; readonly without: string }) =>
      needed.slice(1).flatMap((flag) => {
        const [name, list = ""] = flag.split("=")
        if (name !== `--allow-${kind}`) return [flag]
        return without === ""
          ? []
          : [
              `${name}=${list
                .split(",")
                .filter((part) => part !== without)
                .join(",")}`,
            ]
      })
    await Promise.all(
      [0, 1].map(async (half) => {
        for (const each of single.filter((_, at) => at % 2 === half)) {
          const { code, out } = await ranWith(oneLess(each))
          expect([each, code, out]).toEqual([each, expect.toBeOneOf([1, 2]), expect.stringMatching(new RegExp(`[Rr]equires ${each.kind} access`, "u"))])
          expect(out, each.kind).not.toMatch(/^ +at |defect/mu)
        }
      }),
    )
    await new Promise((closed) => server.close(closed))
  }, 120_000)

  it("of two versions: what the newer touches more and less, each for its reason", async () => {
    const fleet = (plugin: string, session: string): string =>
      `fleet:\n  workspace: none\n  permissions: allow\n  budget: { usd: 1 }\n  plugins: [${plugin}]\n  sinks: [netting]\n  sessions: { ${session} }\n  start: a\n`
    mkdirSync(join(folder, "older"))
    const netting = (net: string): string =>
      `export default { name: "netting", version: "1.0.0", api: 1, access: { net: [${net}] }, sink: { write: () => {} } }`
    writeFileSync(join(folder, "older/netting.ts"), netting('"a.example", "old.example"'))
    writeFileSync(join(folder, "older/fleet.yaml"), fleet("./netting.ts", "a: { driver: scripted }"))
    writeFileSync(join(folder, "deno/newer-netting.ts"), netting('"a.example", "new.example"'))
    const newer = write("newer.yaml", fleet("./newer-netting.ts", "a: { driver: shell, command: [make] }"))
    const compared = (...args: ReadonlyArray<string>) => fleetwright(["permissions", ...args], folder)
    const { code, out } = await compared("older/fleet.yaml", newer)
    expect([code, out.trimEnd().split("\n")]).toEqual([
      0,
      [
        "+ net    new.example  plugin netting",
        "+ run    anything     session a runs make: stopping a program with all it started needs the whole permission",
        "- net    old.example  plugin netting",
      ],
    ])
    // the places where the two files are do not count
    expect((await compared(newer, newer)).out).toBe("both need the same\n")
    expect(JSON.parse((await compared(newer, "older/fleet.yaml", "--format", "json")).out)).toMatchObject({
      added: [{ kind: "net", what: "old.example" }],
      removed: [{ kind: "net", what: "new.example" }, { kind: "run" }],
    })
    expect(await compared(newer, newer, "--format", "flags")).toMatchObject({ code: 2, err: expect.stringContaining("for one file") })
  })
})
