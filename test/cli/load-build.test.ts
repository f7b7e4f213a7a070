import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterEach, beforeEach, describe, expect, it } from "vitest"

const loader = fileURLToPath(new URL("../../cli/load-build.cjs", import.meta.url))

/** A build of two files. */
const entry = `
  const part = require("./part-1.cjs")
  exports.start = () => { console.log(part.sum(1, 2), require("node:path").basename(__filename)) }
`
const program = `
  require(${JSON.stringify(loader)}).loadBuild(process.argv[1], "check").start()
  process.exitCode = Number(process.argv[2])
`

// bin.cjs hands nothing to this loader on Deno, which keeps code by itself.
describe.skipIf("deno" in process.versions)("the loader of the build", () => {
  let home: string
  let build: string
  let cache: string

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "fleet-load-"))
    cache = join(home, "cache")
    build = join(home, "entry.cjs")
    writeFileSync(build, entry)
    writeFileSync(join(home, "part-1.cjs"), "exports.sum = (a, b) => a + b")
  })
  afterEach(() => rmSync(home, { recursive: true, force: true }))

  const run = (exitCode = 0, env: NodeJS.ProcessEnv = {}): string => {
    const { stdout, stderr, status } = spawnSync(process.execPath, ["-e", program, build, String(exitCode)], {
      encoding: "utf8",
      env: { PATH: process.env["PATH"], HOME: home, NODE_COMPILE_CACHE: cache, ...env },
    })
    expect({ stderr, status }).toEqual({ stderr: "", status: exitCode })
    return stdout
  }
  const cached = (): string => {
    const [file = "none", ...more] = readdirSync(join(cache, "fleetwright"))
    expect(more).toEqual([])
    return join(cache, "fleetwright", file)
  }
  const header = (): { readonly born: number; readonly made: number; readonly code: ReadonlyArray<readonly [string, number]> } =>
    JSON.parse(readFileSync(cached(), "utf8").split("\n")[0] ?? "")

  it("keeps the code of what ran, and runs with it", () => {
    expect(run()).toBe("3 entry.cjs\n")
    const first = header()
    expect(first.code.map(([name]) => name)).toEqual(["entry.cjs", "part-1.cjs"])
    expect(run()).toBe("3 entry.cjs\n")
    expect(header()).toMatchObject({ born: first.born, code: first.code.map(([name]) => [name, expect.any(Number)]) })
  })

  it("runs another build without the code of the one before", () => {
    run()
    const { born } = header()
    writeFileSync(build, entry.replace("sum(1, 2)", "sum(1, 3)"))
    expect(run()).toBe("4 entry.cjs\n")
    expect(header().born).toBeGreaterThan(born)
  })

  it.each([
    ["empty", () => Buffer.alloc(0)],
    ["no header", () => Buffer.from("what is this\n")],
    ["cut", (bytes: Buffer) => bytes.subarray(0, bytes.length - 10)],
    ["other code", (bytes: Buffer) => Buffer.concat([bytes.subarray(0, bytes.indexOf("\n") + 1), Buffer.alloc(bytes.length, 7)])],
  ])("runs with a cache that is %s, and mends it", (_, broken) => {
    run()
    const whole = readFileSync(cached())
    writeFileSync(cached(), broken(whole))
    expect(run()).toBe("3 entry.cjs\n")
    expect(header().code.map(([name]) => name)).toEqual(["entry.cjs", "part-1.cjs"])
  })

  it("runs where nothing can be kept", () => {
    writeFileSync(cache, "a file, no directory")
    expect(run()).toBe("3 entry.cjs\n")
    expect(readFileSync(cache, "utf8")).toBe("a file, no directory")
  })

  it("keeps nothing of a command that did not start, nor when asked not to", () => {
    mkdirSync(cache)
    run(2)
    run(0, { NODE_DISABLE_COMPILE_CACHE: "1" })
    expect(readdirSync(cache)).not.toContain("fleetwright")
  })
})
