/** The walls of the house: who may import whom, and how large a file may be. */
import { readdirSync, readFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"

const root = fileURLToPath(new URL("..", import.meta.url))
const rooms = ["compiler", "runtime", "plugins", "library", "cli"] as const

const walk = (directory: string): ReadonlyArray<string> =>
  readdirSync(join(root, directory), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? walk(`${directory}/${entry.name}`) : /\.(ts|mjs|cjs)$/.test(entry.name) ? [`${directory}/${entry.name}`] : [],
  )

const sources = rooms.flatMap(walk).map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }))

const packageJson: unknown = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
const aliases: { readonly [name: string]: string } =
  typeof packageJson === "object" && packageJson !== null && "imports" in packageJson ? (packageJson.imports as { readonly [name: string]: string }) : {}

interface Edge {
  readonly from: string
  /** a path of the repository, `node:…`, or a package with its module */
  readonly to: string
  readonly typeOnly: boolean
}

/** Static and dynamic imports and re-exports. */
const importsOf = ({ path, text }: { readonly path: string; readonly text: string }): ReadonlyArray<Edge> => {
  const stated = [...text.matchAll(/^\s*(?:import|export)\s+(type\s)?[^"'`;]*?\sfrom\s+"([^"]+)"/gm)].map(([, type, name]) => ({
    name: name ?? "",
    typeOnly: type !== undefined,
  }))
  const bare = [...text.matchAll(/^\s*import\s+"([^"]+)"/gm)].map(([, name]) => ({ name: name ?? "", typeOnly: false }))
  const dynamic = [...text.matchAll(/\bimport\("([^"]+)"\)/g)].map(([, name]) => ({ name: name ?? "", typeOnly: false }))
  return [...stated, ...bare, ...dynamic].map(({ name, typeOnly }) => ({ from: path, to: resolved(path, name), typeOnly }))
}

const resolved = (from: string, name: string): string => {
  if (name.startsWith(".")) return relative(root, join(root, dirname(from), name)).replaceAll("\\", "/")
  if (!name.startsWith("#")) return name
  const whole = aliases[name]
  if (whole !== undefined) return whole.slice(2)
  const [room = ""] = name.split("/")
  const pattern = aliases[`${room}/*`]
  if (pattern === undefined) throw new Error(`${from}: package.json has no import ${name}`)
  return pattern.slice(2).replace("*", name.slice(room.length + 1))
}

const edges = sources.flatMap(importsOf)

const roomOf = (path: string): string | undefined =>
  path.startsWith("compiler/ir/") ? "compiler/ir" : path.startsWith("plugins/sdk/") ? "plugins/sdk" : rooms.find((room) => path.startsWith(`${room}/`))

const pluginOf = (path: string): string | undefined => /^plugins\/(?:drivers|workspaces|policies|routing)\/[^/]+/.exec(path)?.[0]

/** What a room may import of the house besides itself. */
const arrows: { readonly [room: string]: ReadonlyArray<string> } = {
  "compiler/ir": [],
  compiler: ["compiler/ir"],
  runtime: ["compiler/ir", "plugins/sdk"],
  "plugins/sdk": ["compiler/ir"],
  plugins: ["plugins/sdk", "compiler/ir"],
  library: ["compiler", "compiler/ir", "runtime", "plugins", "plugins/sdk"],
  cli: ["compiler", "compiler/ir", "runtime", "plugins", "plugins/sdk", "library"],
}

const told = (list: ReadonlyArray<Edge>): ReadonlyArray<string> => list.map(({ from, to }) => `${from} -> ${to}`)
const isEffect = (to: string): boolean => /^(?:effect|@effect)(?:\/|$)/.test(to)

describe("the house", () => {
  it("is looked at whole", () => {
    expect(sources.length).toBeGreaterThan(100)
    expect(edges.length).toBeGreaterThan(sources.length)
  })

  it("has arrows only where the architecture draws them", () => {
    const wrong = edges.filter(({ from, to }) => {
      const [here, there] = [roomOf(from) ?? "", roomOf(to)]
      return there !== undefined && there !== here && arrows[here]?.includes(there) !== true
    })
    expect(told(wrong)).toEqual([])
  })

  it("keeps plugins apart from each other and from everything but the SDK", () => {
    const wrong = edges.filter(({ from, to, typeOnly }) => {
      const plugin = pluginOf(from)
      if (plugin === undefined || roomOf(to) === undefined || pluginOf(to) === plugin || roomOf(to) === "plugins/sdk") return false
      return !(typeOnly && roomOf(to) === "compiler/ir") && roomOf(to) !== "compiler/ir"
    })
    expect(told(wrong)).toEqual([])
  })

  it("keeps Effect out of the compiler, but for the schema of the IR", () => {
    const allowed = /^compiler\/ir\/(?:schema[^/]*|decode|verify)\.ts$/
    expect(told(edges.filter(({ from, to }) => from.startsWith("compiler/") && isEffect(to) && !allowed.test(from)))).toEqual([])
  })

  it("keeps the machine pure", () => {
    const machine = edges.filter(({ from }) => from.startsWith("runtime/machine/"))
    expect(told(machine.filter(({ to }) => isEffect(to) || to.startsWith("node:")))).toEqual([])
    const impure = sources.filter(
      ({ path, text }) => path.startsWith("runtime/machine/") && /\bDate\.now\(|\bnew Date\(|Math\.random\(|performance\.now\(|setTimeout\(/.test(text),
    )
    expect(impure.map(({ path }) => path)).toEqual([])
  })

  it("keeps input and output out of the compiler", () => {
    expect(told(edges.filter(({ from, to }) => from.startsWith("compiler/") && to.startsWith("node:")))).toEqual([])
  })

  it("never imports a barrel of effect", () => {
    expect(told(edges.filter(({ to }) => to === "effect"))).toEqual([])
  })

  it("has no large file and no file named after nothing", () => {
    const tests = walk("test").map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }))
    const large = [...sources, ...tests].filter(({ text }) => text.split("\n").length > 800)
    expect(large.map(({ path }) => path)).toEqual([])
    const vague = sources.filter(({ path }) => /(?:^|[/-])(?:utils?|helpers?|common|manager|misc)(?:[.-]|$)/.test(path.slice(path.lastIndexOf("/") + 1)))
    expect(vague.map(({ path }) => path)).toEqual([])
    expect(sources.filter(({ path }) => !/^[a-z0-9/.-]+$/.test(path)).map(({ path }) => path)).toEqual([])
  })
})
