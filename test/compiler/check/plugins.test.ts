import { describe, expect, it } from "vitest"
import { checkFleet, compile, pluginsNamed, type FoundPlugins } from "#compiler"
import type { FoundPlugin, Json, ManifestIssue, ManifestKind, PluginManifest } from "#ir"

const textUnder = (key: string): ManifestKind => ({
  keys: [key],
  required: [key],
  check: (value: Json): ReadonlyArray<ManifestIssue> => {
    const fields = typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value) : []
    const other = fields.filter(([name]) => name !== key).map(([name]) => ({ message: "unknown key", path: [name] }))
    const found = fields.find(([name]) => name === key)?.[1]
    if (typeof found === "string") return other
    if (Array.isArray(found)) return [...other, { message: "expected text", path: [key, 1] }]
    return [...other, found === undefined ? { message: "is missing", path: [key] } : { message: "expected text", path: [key] }]
  },
})

const access = { read: [], write: [], net: ["example.com"], run: [], env: [] }
const manifest = (name: string, kinds: PluginManifest["kinds"]): FoundPlugin => ({
  ok: true,
  manifest: { name, version: "1.2.0", integrity: "sha256-00", access, kinds },
})

const capabilities = { model: false, systemPrompt: true, maxTurns: false, resume: false, permission: false, usage: "none" }
const found: FoundPlugins = new Map<string, FoundPlugin>([
  ["./router.ts", manifest("ticket-router", { routing: textUnder("queue") })],
  ["./pack.ts", manifest("pack", { policy: { ...textUnder("level"), boundaries: ["tool"] } })],
  ["./robot.ts", manifest("robot", { driver: { ...textUnder("arm"), capabilities } })],
  ["./twin.ts", manifest("pack", { sink: textUnder("to") })],
  ["./shell.ts", manifest("shell", { sink: textUnder("to") })],
  ["./broken.ts", { ok: false, code: "plugin-load-failed", reason: "there is no such file" }],
  ["./old.ts", { ok: false, code: "plugin-api-version", found: "0", expected: "1" }],
  ["agent:known", manifest("agent:known", { driver: { keys: ["stall_timeout"], required: [], check: () => [], capabilities } })],
  ["secrets", { ok: true, manifest: { name: "secrets", version: "1.0.0", access, kinds: { policy: { ...textUnder("extra"), boundaries: ["prompt"] } } } }],
])

const fleet = (lines: string, session = "driver: scripted", routes = ""): string => `fleet:
  name: f
  workspace: none
${lines}
  sessions:
    a: { ${session} }
  start: a
${routes === "" ? "" : `  routes: |\n    ${routes}\n`}`

/** `code line:column text` of every error. */
const errors = (text: string): ReadonlyArray<string> =>
  checkFleet({ file: "fleet.yaml", text, files: () => undefined, plugins: found })
    .diagnostics.filter(({ severity }) => severity === "error")
    .map(({ code, span }) => {
      const before = text.slice(0, span.start).split("\n")
      return `${code} ${before.length}:${(before.at(-1)?.length ?? 0) + 1} ${text.slice(span.start, span.end)}`
    })

describe("plugins, as the compiler sees them", () => {
  it.each([
    ["a plugin that does not load", fleet("  plugins: [./broken.ts]"), ["plugin-load-failed 4:13 ./broken.ts"]],
    ["a plugin of another API", fleet("  plugins: [./old.ts]"), ["plugin-api-version 4:13 ./old.ts"]],
    ["two plugins of one name", fleet("  plugins: [./pack.ts, ./twin.ts]"), ["duplicate-name 4:24 ./twin.ts"]],
    ["a plugin with the name of a built-in one", fleet("  plugins: [./shell.ts]"), ["duplicate-name 4:13 ./shell.ts"]],
    ["a pack's configuration", fleet("  plugins: [./pack.ts]\n  policies: [{ use: pack, with: { level: 5 } }]"), ["plugin-config-invalid 5:42 5"]],
    ["a place deep in it", fleet("  plugins: [./pack.ts]\n  policies: [{ use: pack, with: { level: [x, 7] } }]"), ["plugin-config-invalid 5:46 7"]],
    ["a key that is missing", fleet("  plugins: [./pack.ts]\n  policies: [pack]"), ["plugin-config-invalid 5:14 pack"]],
    ["a built-in pack's configuration", fleet("  policies: [{ use: secrets, with: { extra: 1 } }]"), ["plugin-config-invalid 4:45 1"]],
    ["a session's pack", fleet("  plugins: [./pack.ts]", "driver: scripted, policies: [pack]"), ["plugin-config-invalid 6:39 pack"]],
    ["a plugin of another kind", fleet("  plugins: [./router.ts]\n  policies: [ticket-router]"), ["plugin-kind-mismatch 5:14 ticket-router"]],
    ["a mode of another kind", fleet("  plugins: [./pack.ts]\n  mode: pack"), ["plugin-kind-mismatch 5:9 pack"]],
    ["a driver of another kind", fleet("  plugins: [./pack.ts]", "driver: pack"), ["plugin-kind-mismatch 6:18 pack"]],
    ["a driver's key", fleet("  plugins: [./robot.ts]", "driver: robot, arm: 3"), ["plugin-config-invalid 6:30 3"]],
    ["a driver's missing key", fleet("  plugins: [./robot.ts]", "driver: robot"), ["plugin-config-invalid 6:5 a"]],
    ["a driver's unknown key, once", fleet("  plugins: [./robot.ts]", "driver: robot, arm: left, leg: right"), ["unknown-key 6:36 leg"]],
    ["what a driver cannot do", fleet("  plugins: [./robot.ts]", "driver: robot, arm: left, model: big"), ["unsupported-by-driver 6:43 big"]],
    ["a rule's configuration", fleet("  plugins: [./router.ts]", undefined, "on a.done -> use ticket-router { queue: 4 }"), ["plugin-config-invalid 9:45 4"]],
    [
      "a rule's plugin of another kind",
      fleet("  plugins: [{ use: ./pack.ts, with: { level: low } }]", undefined, "on a.done -> use pack"),
      ["plugin-kind-mismatch 9:22 pack"],
    ],
    ["a name that the file has, not the plugin", fleet("  plugins: [./router.ts]", undefined, "on a.done -> use router"), ["unknown-plugin 9:22 router"]],
  ])("%s", (_, text, expected) => {
    expect(errors(text)).toEqual(expected)
  })

  it.each([
    ["an unknown key", "  policies: [{ use: pack, with: { level: low, levl: 1 } }]", 'did you mean "level"? "pack" takes "level", and needs "level"'],
    ["a key that is missing", "  policies: [pack]", '"pack" takes "level", and needs "level"'],
    ["a value of another type", "  policies: [{ use: pack, with: { level: 1 } }]", "see the plugin's page for what it takes"],
  ])("the help for %s says which keys there are", (_, policies, help) => {
    const { diagnostics } = checkFleet({ file: "fleet.yaml", text: fleet(`  plugins: [./pack.ts]\n${policies}`), files: () => undefined, plugins: found })
    expect(diagnostics.flatMap((each) => (each.code === "plugin-config-invalid" ? [each.help] : []))).toEqual([help])
  })

  it("an agent takes of the defaults what it is known to take everywhere; what else it would be given is told where its manifest is known", () => {
    const agents = "  defaults: { add_dirs: [x], stall_timeout: 5m }"
    const driverOf = (session: string) =>
      compile({
        file: "fleet.yaml",
        text: fleet(agents, session, "").replace("  start", "    z: { driver: claude }\n  start"),
        files: () => undefined,
        plugins: found,
      }).ir?.sessions[0]?.driver
    expect(driverOf("agent: codex")).toEqual({ use: "agent:codex", with: { stall_timeout: "5m" } })
    expect(driverOf("agent: nobody-knows")).toEqual({ use: "agent:nobody-knows", with: { add_dirs: ["x"], stall_timeout: "5m" } })
    expect(errors(fleet(agents, "agent: known").replace("  start", "    z: { driver: claude }\n  start"))).toEqual(["unknown-key 4:15 add_dirs"])
  })

  it("lets pass what fits, whether a use says it or `plugins:` does", () => {
    const text = fleet(
      "  plugins: [{ use: ./pack.ts, with: { level: low } }, { use: ./router.ts, with: { queue: q } }, ./robot.ts]\n  policies: [pack, ./pack.ts]",
      "driver: robot, arm: left",
      "on a.done -> use ticket-router",
    )
    expect(errors(text)).toEqual([])
    const { ir } = compile({ file: "fleet.yaml", text, files: () => undefined, plugins: found })
    expect(ir?.policies).toEqual([
      { use: "pack", with: { level: "low" } },
      { use: "pack", with: { level: "low" } },
    ])
    expect(ir?.sessions[0]?.driver).toEqual({ use: "robot", with: { arm: "left" } })
    expect(ir?.rules[0]?.cases[0]?.action).toEqual({ kind: "use", plugin: { use: "ticket-router", with: { queue: "q" } } })
    expect(ir?.plugins.filter(({ integrity }) => integrity !== undefined)).toEqual(
      [
        ["pack", "./pack.ts"],
        ["robot", "./robot.ts"],
        ["ticket-router", "./router.ts"],
      ].map(([name, from]) => ({ name, from, version: "1.2.0", integrity: "sha256-00", capabilities: access })),
    )
  })

  it("names what is to be loaded", () => {
    expect(pluginsNamed("fleet.yaml", fleet("  plugins: [./a.ts, { use: b }, ./a.ts]"))).toEqual(["./a.ts", "b"])
    expect(pluginsNamed("fleet.yaml", fleet(""))).toEqual([])
    expect(pluginsNamed("fleet.yaml", "plugins: [")).toEqual([])
  })

  it("knows that a plugin may send to any session", () => {
    const { diagnostics } = checkFleet({
      file: "fleet.yaml",
      text: `fleet:
  workspace: none
  plugins: [{ use: ./router.ts, with: { queue: q } }]
  budget: { usd: 1 }
  sessions:
    a: { driver: scripted }
    b: { driver: scripted }
    c: { driver: scripted }
  start: a
  routes: |
    on a.done -> use ticket-router
    on all(a.done, b.done) -> c
`,
      files: () => undefined,
      plugins: found,
    })
    expect(diagnostics.map(({ code, severity }) => [code, severity])).toEqual([["unsatisfiable-join", "info"]])
  })
})
