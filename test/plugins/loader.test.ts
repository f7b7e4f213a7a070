import { createHash } from "node:crypto"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterAll, describe, expect, it, vi } from "vitest"
import { compile } from "#compiler"
import { loadPlugin, loadRegistry, manifestOf } from "../../plugins/loader/index.ts"
import { folderWithEffect } from "./second-effect.ts"

const folder = folderWithEffect()
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const write = (path: string, text: string): string => {
  const whole = join(folder, path)
  mkdirSync(dirname(whole), { recursive: true })
  writeFileSync(whole, text)
  return whole
}

const router = (version: string, name = "router") => `
import { definePlugin, Schema } from "fleetwright/plugin"
export default definePlugin({
  name: ${JSON.stringify(name)}, version: ${JSON.stringify(version)}, api: 1, access: { net: ["b.example", "a.example"] },
  routing: { config: Schema.Struct({ to: Schema.String }), decide: async ({ config }) => [{ send: config.to }] },
})
`

write("good.ts", router("1.0.0"))
write("own-effect.ts", router("1.0.0", "own").replace("Schema }", "}").replace("export", 'import * as Schema from "effect/Schema"\nexport'))
write("throws.ts", 'throw new Error("no luck\\n  at somewhere")')
write("syntax.ts", "export default {{{")
write("nothing.ts", "export const a = 1")
write("plain.ts", "export default { name: 'x' }")
write("old.ts", "export default { name: 'x', version: '1.0.0', api: 7 }")
write("folder/inner.ts", "")
write("common/package.json", '{ "type": "commonjs" }')
write("common/good.js", router("1.0.0"))
write("node_modules/packed/package.json", JSON.stringify({ name: "packed", version: "3.0.0", type: "module", exports: { ".": { import: "./main.js" } } }))
write("node_modules/packed/main.js", "export default { name: 'packed', version: '3.0.0', api: 1, sink: { write: () => {} } }")
const elsewhere = mkdtempSync(join(tmpdir(), "elsewhere-"))
afterAll(() => rmSync(elsewhere, { recursive: true, force: true }))
writeFileSync(join(elsewhere, "linked.ts"), router("2.0.0", "linked"))
symlinkSync(join(elsewhere, "linked.ts"), join(folder, "link.ts"))

const load = (from: string) => loadPlugin(from, { directory: folder })

describe("loading a plugin", () => {
  it("takes TypeScript as it is, and says what the compiler needs", async () => {
    const loaded = await load("./good.ts")
    expect(loaded).toMatchObject({
      ok: true,
      from: "./good.ts",
      integrity: expect.stringMatching(/^sha256-[0-9a-f]{64}$/),
      plugin: { name: "router", version: "1.0.0" },
    })
    const manifest = loaded.ok ? manifestOf(loaded.plugin, loaded.integrity) : undefined
    expect(manifest?.access.net).toEqual(["a.example", "b.example"])
    expect(manifest?.kinds.routing?.keys).toEqual(["to"])
    expect(manifest?.kinds.routing?.check({ to: 5 })).toMatchObject([{ path: ["to"] }])
  })

  it("follows links, and takes packages that can only be imported", async () => {
    expect(await load("./link.ts")).toMatchObject({ ok: true, plugin: { name: "linked" } })
    expect(await load("packed")).toMatchObject({ ok: true, plugin: { name: "packed" } })
  })

  it("takes a plugin that has effect installed itself", async () => {
    const loaded = await load("./own-effect.ts")
    expect(
      loaded.ok
        ? manifestOf(loaded.plugin)
            .kinds.routing?.check({ to: 5, more: 1 })
            .map(({ path }) => path)
        : loaded,
    ).toEqual(expect.arrayContaining([["to"], ["more"]]))
  })

  it.each([
    ["./none.ts", "no such file"],
    ["/etc/plugin.ts", "write a path relative to the fleet file"],
    ["https://example.com/x.ts", "write a path relative to the fleet file"],
    ["no-such-package", "no such package"],
    ["./folder", "this is a directory"],
    ["./throws.ts", "importing it fails: no luck"],
    ["./syntax.ts", "importing it fails"],
    ["./nothing.ts", "no default export"],
    ["./plain.ts", "API"],
  ])("says why %s cannot be loaded", async (from, reason) => {
    const loaded = await load(from)
    expect(loaded).toMatchObject({ ok: false })
    if (from === "./plain.ts") expect(loaded).toEqual({ ok: false, code: "plugin-api-version", found: "none", expected: "1" })
    else expect(loaded.ok || loaded.code !== "plugin-load-failed" ? "" : loaded.reason).toContain(reason)
    expect(JSON.stringify(loaded)).not.toContain("at somewhere")
  })

  it("says on Node what an ES module in a package of CommonJS lacks; Deno takes it as it is", async () => {
    const loaded = await load("./common/good.js")
    const reason = loaded.ok ? "loaded" : loaded.code === "plugin-load-failed" ? loaded.reason : loaded.code
    expect(reason).toContain("Deno" in globalThis ? "loaded" : 'write "type": "module" into the package.json of its folder')
  })

  it.each(["await new Promise(() => undefined)", "for (;;);"])("gives one that hangs when it is imported ten seconds: %s", async (text) => {
    write("hangs.mjs", `${text}\nexport default 1`)
    // the real clock goes on for files and imports
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] })
    try {
      const loading = load("./hangs.mjs")
      await vi.waitUntil(() => vi.getTimerCount() > 0, { interval: 1 })
      await vi.advanceTimersByTimeAsync(10_000)
      expect(await loading).toEqual({ ok: false, code: "plugin-load-failed", reason: "importing it takes longer than 10 s" })
    } finally {
      vi.useRealTimers()
    }
  })

  it.each([
    ["throws what cannot be read", 'throw { toString() { throw new Error("no") } }', "importing it fails"],
    ["ends the process", "process.exit(0)", "it ends its thread, as process.exit does"],
    ["ends the process with an error", "process.exitCode = 3\nprocess.reallyExit?.(3)\nprocess.exit(3)", "it ends its thread"],
    ["throws nothing", "throw undefined", "importing it fails: undefined"],
    ["rejects later", 'await Promise.reject(new Error("too bad"))', "importing it fails: too bad"],
    ["exports getters that throw", 'export default { get api() { throw new Error("not now") } }', "reading what it exports fails: not now"],
    [
      "exports parts that throw",
      'export default { api: 1, name: "x", version: "1.0.0", get sink() { throw new Error("not now") } }',
      "reading what it exports fails: not now",
    ],
    [
      "exports a Proxy",
      'const no = () => { throw new Error("no") }\nexport default new Proxy({}, { get: no, has: no, ownKeys: no })',
      "reading what it exports fails: no",
    ],
    ["exports a revoked Proxy", "const { proxy, revoke } = Proxy.revocable({}, {})\nrevoke()\nexport default proxy", "reading what it exports fails"],
    ["exports itself", "const me = { api: 1 }\nme.name = me\nexport default me", "`name` is not made of"],
  ])("is not disturbed by one that %s", async (what, text, reason) => {
    const name = `./${what.replaceAll(" ", "-")}.mjs`
    write(name, text)
    const loaded = await load(name)
    expect(loaded.ok || loaded.code !== "plugin-load-failed" ? JSON.stringify(loaded) : loaded.reason).toContain(reason)
  })

  it("has a code of its own for another API", async () => {
    expect(await load("./old.ts")).toEqual({ ok: false, code: "plugin-api-version", found: "7", expected: "1" })
  })

  it("does not even import bytes that are not those it was told to expect", async () => {
    write("touched.ts", "globalThis.touched = true\nexport default 1")
    const loaded = await loadPlugin("./touched.ts", { directory: folder, integrity: `sha256-${"0".repeat(64)}` })
    expect(loaded).toMatchObject({ ok: false, reason: expect.stringContaining("not what the fleet was compiled with") })
    expect("touched" in globalThis).toBe(false)
  })

  it("pins what a plugin imports by relative paths, and what that imports", async () => {
    write("whole.mjs", 'import { name } from "./parts/name.mjs"\nexport default { name, version: "1.0.0", api: 1, sink: { write() {} } }\n')
    write("parts/name.mjs", 'export * from "./deep.mjs"\n')
    write("parts/deep.mjs", 'export const name = "whole"\n// import nothing from "./gone.mjs"\n')
    const first = await loadPlugin("./whole.mjs", { directory: folder })
    if (!first.ok) return expect(first).toMatchObject({ ok: true })
    expect(await loadPlugin("./whole.mjs", { directory: folder, integrity: first.integrity })).toMatchObject({ ok: true })
    write("parts/deep.mjs", 'export const name = "other"\n')
    expect(await loadPlugin("./whole.mjs", { directory: folder, integrity: first.integrity })).toMatchObject({
      ok: false,
      reason: expect.stringContaining("a file that it imports"),
    })
  })

  it("pins every file of a package, and which package of which version it is", async () => {
    write(
      "node_modules/pinned/package.json",
      JSON.stringify({ name: "pinned", version: "3.0.0", type: "module", exports: "./lib/main.js", dependencies: { needed: "*" } }),
    )
    write("node_modules/pinned/lib/main.js", "export default { name: 'pinned', version: '1.0.0', api: 1, sink: { write: () => {} } }")
    write("node_modules/pinned/data/words.txt", "one")
    write("node_modules/needed/package.json", JSON.stringify({ name: "needed", version: "1.0.0", dependencies: { "@deep/down": "*" } }))
    write("node_modules/@deep/down/package.json", JSON.stringify({ name: "@deep/down", version: "1.0.0", dependencies: { pinned: "*", gone: "*" } }))
    const first = await load("pinned")
    if (!first.ok) return expect(first).toMatchObject({ ok: true })
    expect(first.package).toBe("pinned@3.0.0")
    expect(manifestOf(first.plugin, first.integrity, first.package)).toMatchObject({ package: "pinned@3.0.0", integrity: first.integrity })
    const again = async () => {
      const loaded = await loadPlugin("pinned", { directory: folder, integrity: first.integrity, package: "pinned@3.0.0" })
      return loaded.ok || loaded.code !== "plugin-load-failed" ? "" : loaded.reason
    }
    const file = (path: string, text: string) => ({ path: `node_modules/${path}`, text })
    const about = (name: string, version: string, needs: object) => JSON.stringify({ name, version, dependencies: needs })
    for (const [{ path, text }, reason] of [
      [file("pinned/data/words.txt", "two"), "pinned@3.0.0 is installed with other files"],
      [file("needed/package.json", about("needed", "1.0.1", { "@deep/down": "*" })), "pinned@3.0.0 is installed with other files, or with other versions"],
      [file("@deep/down/package.json", about("@deep/down", "2.0.0", { pinned: "*" })), "pinned@3.0.0 is installed with"],
      [
        file("pinned/package.json", JSON.stringify({ name: "pinned", version: "3.0.1", type: "module", exports: "./lib/main.js" })),
        "it is pinned@3.0.1, and the fleet was compiled with pinned@3.0.0",
      ],
    ] as const) {
      const before = readFileSync(join(folder, path), "utf8")
      expect(await again()).toBe("")
      write(path, text)
      expect(await again()).toContain(reason)
      write(path, before)
    }
    write("node_modules/pinned/more.js", "")
    expect(await again()).toContain("other files")
    rmSync(join(folder, "node_modules/pinned/more.js"))
    expect(await again()).toBe("")
  })

  it("pins the versions of packages that a file imports", async () => {
    write("node_modules/helping/package.json", JSON.stringify({ name: "helping", version: "1.0.0", type: "module", exports: "./main.js" }))
    write("node_modules/helping/main.js", "export const name = 'helped'")
    write("helped.mjs", 'import { name } from "helping"\nimport "node:fs"\nexport default { name, version: "1.0.0", api: 1, sink: { write() {} } }\n')
    const first = await load("./helped.mjs")
    if (!first.ok) return expect(first).toMatchObject({ ok: true })
    expect(await loadPlugin("./helped.mjs", { directory: folder, integrity: first.integrity })).toMatchObject({ ok: true })
    write("node_modules/helping/package.json", JSON.stringify({ name: "helping", version: "1.1.0", type: "module", exports: "./main.js" }))
    expect(await loadPlugin("./helped.mjs", { directory: folder, integrity: first.integrity })).toMatchObject({
      ok: false,
      reason: expect.stringContaining("the version of a package that it needs"),
    })
  })

  it("gives a file that stands alone the hash of its bytes, whatever it takes from fleetwright and effect", async () => {
    const loaded = await load("./own-effect.ts")
    const bytes = readFileSync(join(folder, "own-effect.ts"))
    expect(loaded).toMatchObject({ ok: true, integrity: `sha256-${createHash("sha256").update(bytes).digest("hex")}` })
  })

  it("loads a file again when it has changed", async () => {
    write("changing.ts", router("1.0.0", "changing"))
    expect(await load("./changing.ts")).toMatchObject({ plugin: { version: "1.0.0" } })
    write("changing.ts", router("1.1.0", "changing"))
    expect(await load("./changing.ts")).toMatchObject({ plugin: { version: "1.1.0" } })
  })
})

describe("the plugins of a compiled fleet", () => {
  const text = (use: string) => `fleet:
  workspace: none
  plugins: [./run.ts]
  policies: [baseline]
  sessions: { a: { driver: scripted } }
  start: a
  routes: "on a.done -> ${use}"
`
  const compiled = async (use: string) => {
    const loaded = await load("./run.ts")
    const plugins = new Map([["./run.ts", loaded.ok ? ({ ok: true, manifest: manifestOf(loaded.plugin, loaded.integrity) } as const) : loaded]])
    const { ir, diagnostics } = compile({ file: "fleet.yaml", text: text(use), files: () => undefined, plugins })
    if (ir === undefined) throw new Error(JSON.stringify(diagnostics))
    return ir
  }

  it("come from the same bytes that were compiled, beside the built-in ones", async () => {
    write("run.ts", router("1.0.0", "run"))
    const ir = await compiled('use run { to: \\"a\\" }')
    const loaded = await loadRegistry(ir, folder)
    expect(loaded.ok && Object.keys(loaded.registry.routers).toSorted()).toEqual(["hybrid", "llm", "run"])
    expect(loaded.ok && Object.keys(loaded.registry.policies).toSorted()).toEqual(["baseline", "cedar", "read-only", "secrets", "shell-rules"])
    write("run.ts", router("1.0.1", "run"))
    expect(await loadRegistry(ir, folder)).toEqual({
      ok: false,
      problems: [expect.stringContaining("./run.ts could not be loaded: it, a file that it imports, or the version of a package that it needs is not what")],
    })
  })

  it("are checked again: kind and configuration", async () => {
    write("run.ts", router("1.0.0", "run"))
    const ir = await compiled('use run { to: \\"a\\" }')
    const changed = {
      ...ir,
      sinks: [{ use: "run", with: {} }],
      mode: { use: "run", with: { to: 1 } },
      policies: [{ use: "secrets", with: { patterns: ["("] } }],
    }
    expect(await loadRegistry(changed, folder)).toEqual({
      ok: false,
      problems: [
        expect.stringContaining("the fleet: secrets: patterns: expected"),
        'the fleet: "run" is no sink plugin; it provides routing',
        expect.stringContaining("the fleet's mode: run: to:"),
      ],
    })
  })
})
