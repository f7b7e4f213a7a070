/** The package as users get it: packed, installed in an empty directory, type-checked against, run on Node and on Deno. */
import { execFileSync, spawnSync } from "node:child_process"
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { reading } from "../deno/both-runtimes.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))
const tool = (name: string): string => join(root, "node_modules/.bin", name)

/** npm tells its scripts about the package they belong to; the ones below belong to none. */
const env = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_(?:package|lifecycle|config_local)/u.test(name))),
  NO_COLOR: "1",
}
const run = (cwd: string, command: string, ...args: ReadonlyArray<string>): string => execFileSync(command, args, { cwd, env, encoding: "utf8" })

/** This one, and those that FLEETWRIGHT_OTHER_NODES names (CI: the oldest that is enough). */
const nodes = [process.execPath, ...(process.env["FLEETWRIGHT_OTHER_NODES"] ?? "").split(delimiter).filter((path) => path !== "")]

const fleet = `fleet:
  sessions:
    a: { driver: shell, command: [echo, hello], workspace: none }
  start: a
  routes: on a.done -> complete
`

const plugged = `fleet:
  plugins: [./echo.ts]
  sessions:
    a: { driver: echo, words: [well, said], workspace: none }
  start: a
`

const tsconfig = {
  compilerOptions: {
    target: "esnext",
    module: "nodenext",
    types: ["node"],
    noEmit: true,
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    allowImportingTsExtensions: true,
    skipLibCheck: true,
  },
  files: ["program.ts", "readme.ts", "wrong.ts"],
}

interface Packed {
  readonly filename: string
  readonly files: ReadonlyArray<{ readonly path: string }>
}

interface Locked {
  readonly packages: { readonly [path: string]: { readonly dev?: boolean; readonly optional?: boolean } }
}

/** A copy of what a clone has: building here would pull dist/ from under tests that use it. */
const pack = (place: string): Packed => {
  for (const name of [
    "cli",
    "compiler",
    "docs",
    "examples",
    "library",
    "plugins",
    "runtime",
    "test",
    "package.json",
    "tsconfig.json",
    "tsconfig.types.json",
    "README.md",
    "LICENSE",
  ]) {
    cpSync(join(root, name), join(place, name), { recursive: true })
  }
  symlinkSync(join(root, "node_modules"), join(place, "node_modules"))
  const told = run(place, "npm", "pack", "--json", "--silent")
  // What `prepare` prints comes first.
  const [packed]: ReadonlyArray<Packed> = JSON.parse(told.slice(told.indexOf("[\n")))
  if (packed === undefined) throw new Error(`npm pack said: ${told}`)
  return packed
}

/** What a program of its own on Node brings along for its types. */
const ofTheUser = ["@types/node", "undici-types"]

/** The dependencies are laid out as npm would, from the clone's own: what the manifest does not ask for, npm removes. No network. */
const install = (place: string, tarball: string): void => {
  const { packages }: Locked = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"))
  for (const [path, { dev, optional }] of Object.entries(packages)) {
    const own = ofTheUser.includes(path.replace(/^node_modules\//u, ""))
    if (path === "" || (!own && (dev === true || optional === true))) continue
    cpSync(join(root, path), join(place, path), { recursive: true, filter: (from) => !/\/node_modules\/effect\/src$|\.map$/u.test(from) })
  }
  writeFileSync(join(place, "package.json"), JSON.stringify({ name: "somebody", private: true, type: "module", devDependencies: { "@types/node": "*" } }))
  run(place, "npm", "install", "--offline", "--omit=optional", "--no-audit", "--no-fund", "--loglevel=error", tarball)
}

/** What a declaration imports: a room (`#ir`), a file beside it, or a package. */
const importsOf = (text: string): ReadonlyArray<string> => [...text.matchAll(/(?:from |import\()"([^"]+)"/gu)].map(([, name = ""]) => name)

/** One mistake per line: an entry whose types do not resolve would let it pass. */
const wrong = `import { startFleet } from "fleetwright"
import { compile } from "fleetwright/compiler"
import { decodeIr } from "fleetwright/ir"
import { startRun } from "fleetwright/runtime"
import { configOf } from "fleetwright/plugin"
import { simulate } from "fleetwright/testing"
export const mistakes: ReadonlyArray<string> = [
  startFleet,
  compile({ file: "", text: "", files: () => undefined }).ir,
  decodeIr(1),
  startRun,
  configOf,
  simulate,
]
`

const readmeProgram = (): string => {
  const library = readFileSync(join(root, "README.md"), "utf8").split("## As a library")[1] ?? ""
  const code = /```ts\n(.*?)```/su.exec(library)?.[1]
  if (code === undefined) throw new Error("the README shows no program")
  return code
}

describe("the package", { timeout: 120_000 }, () => {
  let home: string
  let user: string
  let packed: Packed

  beforeAll(() => {
    home = realpathSync(mkdtempSync(join(tmpdir(), "fleet-package-")))
    const clone = join(home, "clone")
    user = join(home, "user")
    mkdirSync(clone)
    mkdirSync(user)
    packed = pack(clone)
    install(user, join(clone, packed.filename))
    writeFileSync(join(user, "fleet.yaml"), fleet)
    writeFileSync(join(user, "tsconfig.json"), JSON.stringify(tsconfig))
    writeFileSync(join(user, "deno.json"), JSON.stringify({ nodeModulesDir: "manual", lock: false }))
    writeFileSync(join(user, "plugged.yaml"), plugged)
    for (const name of ["program.ts", "echo.ts"]) cpSync(fileURLToPath(new URL(name, import.meta.url)), join(user, name))
    writeFileSync(join(user, "readme.ts"), readmeProgram())
    writeFileSync(join(user, "wrong.ts"), wrong)
  }, 120_000)

  afterAll(() => rmSync(home, { recursive: true, force: true }))

  const deno = (...args: ReadonlyArray<string>): string => run(user, tool("deno"), "run", "--no-prompt", ...args)
  const needs = [`--allow-read=.`, "--allow-env", "--allow-run"]

  // the example plugins come with their tests: they are what `plugin new` writes
  it("holds what is built and the pages, no source and no test", () => {
    const paths = packed.files.map(({ path }) => path)
    expect(paths).toContain("cli/bin.cjs")
    expect(paths).toContain("dist/fleetwright.cjs")
    expect(paths.filter((path) => !/^(?:dist|docs|examples)\/|^(?:cli\/(?:bin|load-build)\.cjs|package\.json|README\.md|LICENSE)$/u.test(path))).toEqual([])
    expect(paths.filter((path) => /^dist\/types\/test|^(?!examples\/plugins\/).*\.test\.|^dist\/.*(?<!\.d)\.ts$/u.test(path))).toEqual([])
  })

  it("has a file for everything it exports", () => {
    const manifest: { readonly exports: { readonly [name: string]: string | { readonly [condition: string]: string } } } = JSON.parse(
      readFileSync(join(user, "node_modules/fleetwright/package.json"), "utf8"),
    )
    expect(Object.keys(manifest.exports)).toEqual([".", "./compiler", "./ir", "./runtime", "./plugin", "./testing", "./package.json"])
    const files = Object.values(manifest.exports).flatMap((target) => (typeof target === "string" ? [target] : Object.values(target)))
    expect(files.filter((file) => !packed.files.some(({ path }) => `./${path}` === file))).toEqual([])
  })

  it.each([["nodenext"], ["node16"], ["esnext", "--moduleResolution", "bundler"]])(
    "type-checks in a strict program, and only what is right: module %s",
    (...resolution) => {
      const { stdout } = spawnSync(tool("tsc"), ["-p", ".", "--pretty", "false", "--module", ...resolution], { cwd: user, env, encoding: "utf8" })
      const errors = stdout
        .split("\n")
        .filter((line) => line !== "" && !line.startsWith(" "))
        .map((line) => line.replace(/: (?=Type)[^]*/u, ""))
      expect(errors).toEqual([8, 9, 10, 11, 12, 13].map((line) => `wrong.ts(${line},3): error TS2322`))
    },
  )

  it("declares nothing out of what it does not bring or ask for", () => {
    const types = join(user, "node_modules/fleetwright/dist/types")
    const scope: { readonly imports: { readonly [name: string]: string } } = JSON.parse(readFileSync(join(types, "package.json"), "utf8"))
    const manifest: { readonly [kind in "dependencies" | "optionalDependencies" | "peerDependencies"]: { readonly [name: string]: string } } = JSON.parse(
      readFileSync(join(root, "package.json"), "utf8"),
    )
    const brought = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies, ...manifest.peerDependencies })
    const found = packed.files
      .filter(({ path }) => path.endsWith(".d.ts"))
      .flatMap(({ path }) => {
        const file = join(user, "node_modules/fleetwright", path)
        return importsOf(readFileSync(file, "utf8")).map((name) => ({ file, name }))
      })
    const missing = found.filter(({ file, name }) => {
      if (name.startsWith("node:")) return false
      if (name.startsWith(".")) return !existsSync(join(dirname(file), name.replace(/\.ts$/u, ".d.ts")))
      if (!name.startsWith("#")) return !brought.some((known) => name === known || name.startsWith(`${known}/`))
      const [room = "", ...rest] = name.split("/")
      const target = rest.length === 0 ? scope.imports[name] : scope.imports[`${room}/*.ts`]?.replace("*.d.ts", rest.join("/").replace(/\.ts$/u, ".d.ts"))
      return target === undefined || !existsSync(join(types, target))
    })
    expect(found.length).toBeGreaterThan(50)
    expect(missing).toEqual([])
  })

  it("asks for effect as a peer: a program and the library share one", () => {
    const { dependencies, peerDependencies }: { readonly dependencies: object; readonly peerDependencies: object } = JSON.parse(
      readFileSync(join(user, "node_modules/fleetwright/package.json"), "utf8"),
    )
    expect([Object.keys(dependencies).includes("effect"), peerDependencies]).toEqual([false, { effect: "^4.1.0" }])
    expect(existsSync(join(user, "node_modules/fleetwright/node_modules/effect"))).toBe(false)
    writeFileSync(
      join(user, "shared.ts"),
      `import * as Effect from "effect/Effect"
import { startRun, makeMemoryJournal, builtinDrivers, builtinWorkspaces } from "fleetwright/runtime"
import { compileFile } from "fleetwright"
const { ir } = await compileFile("fleet.yaml")
if (ir === undefined) throw new Error("no IR")
const options = { ir, drivers: builtinDrivers, workspaces: builtinWorkspaces, journal: makeMemoryJournal(), root: process.cwd(), env: process.env }
console.log(await Effect.runPromise(Effect.scoped(Effect.flatMap(startRun(options), (run) => Effect.map(run.result, ({ status }) => status)))))
`,
    )
    for (const node of nodes) expect(run(user, node, "shared.ts")).toBe("succeeded\n")
  })

  it.each(nodes.slice(1))("runs as well on another Node: %s", (node) => {
    expect(run(user, node, "program.ts")).toBe(run(user, process.execPath, "program.ts"))
    const bin = "node_modules/.bin/fleetwright"
    expect(run(user, node, bin, "check", "plugged.yaml", "--format", "json")).toBe(
      run(user, process.execPath, bin, "check", "plugged.yaml", "--format", "json"),
    )
    expect(run(user, node, bin, "run", "fleet.yaml", "--ephemeral", "--headless")).toContain("succeeded")
  })

  it("says which Node it needs, and nothing else, where there is none that is enough", () => {
    const old = `data:text/javascript,Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.20.2" } })`
    const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", old, "node_modules/.bin/fleetwright", "check"], {
      cwd: user,
      env,
      encoding: "utf8",
    })
    expect([status, stdout, stderr]).toEqual([2, "", "fleetwright needs Node 22.19 or newer; this is Node 20.20.2\n"])
  })

  it("gives a program the same on Node and on Deno", () => {
    const onNode = run(user, process.execPath, "program.ts")
    expect(JSON.parse(onNode)).toMatchObject({
      problems: expect.arrayContaining(["unknown-session"]),
      hash: true,
      status: "succeeded",
      text: ["hello"],
      plugged: ["well said", "well said"],
      hours: 1,
    })
    expect(deno(...needs, "program.ts")).toBe(onNode)
  })

  it("is imported by Deno under its name in npm", () => {
    writeFileSync(
      join(user, "named.ts"),
      `import { compile } from "npm:fleetwright"\nimport { decodeIr } from "npm:fleetwright/ir"\nconsole.log(typeof compile, decodeIr(1).ok)\n`,
    )
    expect(deno("--check", "--allow-read=.", "--allow-env=LOG_TOKENS,LOG_STREAM", "named.ts")).toBe("function false\n")
  })

  it("runs the program of the README", () => {
    expect(run(user, process.execPath, "readme.ts")).toMatch(/^run\.started\n.*run\.ended\n.*status: 'succeeded'/su)
  })

  it("lets a stranger begin a plugin of each kind: its test passes on Node and on Deno, and its types are right", () => {
    const bin = "node_modules/.bin/fleetwright"
    const kinds = ["routing", "policy", "driver", "workspace", "sink"]
    // what stands above does not matter: `npm init` writes this
    const place = join(user, "plugins")
    mkdirSync(place)
    writeFileSync(join(place, "package.json"), JSON.stringify({ type: "commonjs" }))
    for (const kind of kinds) run(place, process.execPath, join(user, bin), "plugin", "new", kind, `own-${kind}`)
    const tests = kinds.map((kind) => `own-${kind}/own-${kind}.test.ts`)
    for (const node of nodes) expect(run(place, node, "--test", ...tests)).toMatch(/^(?:#|ℹ) fail 0$/mu)
    const onDeno = ["test", "--no-prompt", "--allow-read", "--allow-write", "--allow-env"]
    expect(run(place, tool("deno"), ...onDeno, "--no-check", ...tests)).toContain("0 failed")
    // as its page says: types are checked as well
    expect(run(join(place, "own-driver"), tool("deno"), ...onDeno)).toContain("0 failed")
    // all have the same settings
    writeFileSync(join(place, "tsconfig.json"), JSON.stringify({ extends: "./own-driver/tsconfig.json", include: ["own-*/*.ts"] }))
    expect(run(place, tool("tsc"), "-p", ".")).toBe("")
    expect(run(place, process.execPath, join(user, bin), "check", ...kinds.map((kind) => `own-${kind}`))).not.toMatch(/\berror\[/u)
  }, 240_000)

  it("brings the command line along, on Node and on Deno", () => {
    const bin = "node_modules/.bin/fleetwright"
    const onNode = run(user, process.execPath, bin, "check", "fleet.yaml")
    expect(deno(...reading, "npm:fleetwright", "check", "fleet.yaml")).toBe(onNode)
    expect(deno(...reading, "npm:fleetwright", "compile", "fleet.yaml")).toBe(run(user, process.execPath, bin, "compile", "fleet.yaml"))
    const flags = run(user, process.execPath, bin, "permissions", "fleet.yaml", "--format", "flags").trim().split(" ").slice(1)
    expect(deno(...flags, "npm:fleetwright", "run", "fleet.yaml", "--headless")).toContain("a: done, hello")
    expect(run(user, process.execPath, bin, "check", "plugged.yaml")).toContain("plugged.yaml")
    writeFileSync(join(user, "bad.yaml"), fleet.replace("start: a", "start: b"))
    expect(() => run(user, process.execPath, bin, "check", "bad.yaml")).toThrow()
    expect(run(user, process.execPath, bin, "explain", "unknown-session")).toContain("# unknown-session")
  })
})
