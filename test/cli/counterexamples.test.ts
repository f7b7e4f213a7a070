/** What `check` tells of a fleet is seen when `simulate` plays the script that `check` gives. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { stringify } from "yaml"
import type { FleetEvent } from "../../runtime/machine/index.ts"
import { counterexamples, fleetText, type Told } from "../compiler/check/counterexamples.ts"
import { doubled } from "../compiler/check/played.ts"
import { fleetwright } from "./command-line.ts"

let folder = ""
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fleet-counterexamples-"))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** One of each kind of thing that happens, of those that tell a whole story in their events. */
const chosen = counterexamples.filter(({ name }) =>
  [
    "inputs, two of which only have to be there",
    "a gate that expires",
    "a selection",
    "a time limit that passes",
    "instances of which there are too few",
    "two ways of which a session goes one",
    "people who are asked whatever they answer",
  ].includes(name),
)

const isSeen = (told: Told, out: string): boolean => {
  const events = out.split("\n").flatMap((line): ReadonlyArray<FleetEvent> => (line === "" ? [] : [JSON.parse(line)]))
  if (told.code === "double-activation") return doubled({ start: ["a"], sessions: [] }, events).includes(told.session)
  if (told.code === "never-ends") return events.filter(({ type }) => type === "request.opened").length > 100 && !events.some(({ type }) => type === "run.ended")
  return events.some((event) => event.type === "session.skipped" && event.session === told.session && event.reason === "join_incomplete")
}

interface Found {
  readonly code: string
  readonly message: string
  readonly replay?: { readonly script: object; readonly inputs: { readonly [name: string]: string } }
}

it("takes the one of each kind", () => expect(chosen.length).toBe(7))

describe("the script in `check --format json`", () => {
  it.each(chosen.map((told, at) => [told.name, told, at] as const))("of %s", async (_, told, at) => {
    const [fleet, script] = [`fleet-${at}.yaml`, `script-${at}.yaml`]
    await writeFile(join(folder, fleet), fleetText(told))
    const checked = await fleetwright(["check", fleet, "--format", "json"], folder)
    const { diagnostics }: { readonly diagnostics: ReadonlyArray<Found> } = JSON.parse(checked.out)
    const { replay } = diagnostics.find(({ code, message }) => code === told.code && message.endsWith(told.scenario)) ?? {}
    if (replay === undefined) throw new Error(`no script: ${checked.out}`)
    await writeFile(join(folder, script), stringify(replay.script))
    const inputs = Object.entries(replay.inputs).flatMap(([name, value]) => ["--input", `${name}=${value}`])
    const simulated = await fleetwright(["simulate", fleet, "--script", script, ...inputs], folder)
    expect(simulated.err).not.toContain("refused")
    const isError = told.code === "unsatisfiable-join" || told.code === "never-ends"
    expect(simulated.err.includes("it is only played")).toBe(isError)
    // nobody takes a fleet with errors for a good one
    if (isError) expect(simulated.code).toBe(1)
    if (told.code === "never-ends") expect(simulated.err).toContain("goes on for ever")
    expect(isSeen(told, simulated.out), simulated.out).toBe(true)
  })
})

it("`check --scripts` writes it and says how to see it happen", async () => {
  const [told] = chosen
  if (told === undefined) throw new Error("there is one")
  await writeFile(join(folder, "told.yaml"), fleetText(told))
  const plain = await fleetwright(["check", "told.yaml"], folder)
  expect(plain.out).toContain("--scripts FOLDER")
  const checked = await fleetwright(["check", "told.yaml", "--scripts", "scripts"], folder)
  expect(checked.out).not.toContain("--scripts FOLDER")
  const command = /^to see it happen: fleetwright (.*)$/m.exec(checked.err)?.[1]?.split(" ") ?? []
  expect(command.slice(0, 3)).toEqual(["simulate", "told.yaml", "--script"])
  expect(await readFile(join(folder, command[3] ?? ""), "utf8")).toContain(`# ${told.scenario.slice(0, 10)}`.slice(2))
  const simulated = await fleetwright(command, folder)
  expect(isSeen(told, simulated.out), simulated.out).toBe(true)
})

describe("a fleet with errors", () => {
  const fleet = (routes: string, sessions = "") => `fleet:
  base_branch: main
  sessions:
    a: { driver: claude, output: { ok: boolean } }
    b: { driver: claude${sessions} }
    c: { driver: claude }
    z: { driver: claude }
  start: a
  routes: |
${routes.replace(/^/gm, "    ")}
`
  const impossible = "on a.done {\n  when a.output.ok -> b\n  otherwise -> c\n}\non all(b.done, c.done) -> z"
  const check = async (name: string, text: string) => {
    await writeFile(join(folder, name), text)
    const { out } = await fleetwright(["check", name, "--format", "json"], folder)
    const { diagnostics }: { readonly diagnostics: ReadonlyArray<Found> } = JSON.parse(out)
    return diagnostics
  }
  it.each([
    ["run", 2],
    ["compile", 1],
  ])("is not for `%s`", async (command, code) => {
    await writeFile(join(folder, "impossible.yaml"), fleet(impossible))
    expect(await fleetwright([command, "impossible.yaml"], folder)).toMatchObject({ code, out: "" })
  })
  it("is played with a script of one's own as well, until a loop without a bound has gone round long enough", async () => {
    await writeFile(join(folder, "loop.yaml"), fleet("on a.done -> b\non b.done -> a").replace(", output: { ok: boolean }", ""))
    const { code, out, err } = await fleetwright(["simulate", "loop.yaml"], folder)
    expect([code, err.split("\n").at(-2)]).toEqual([1, "the run goes on for ever, as it seems: rule r1 was reached 100 times"])
    expect(out).not.toContain("run.ended")
  })
  it("that says more than what its flow comes to is not played, and no script is offered", async () => {
    const broken = fleet(impossible, ", budget: { usd: 9 }").replace("base_branch: main", "base_branch: main\n  budget: { usd: 1 }")
    const found = await check("broken.yaml", broken)
    expect(found.map(({ code, replay }) => [code, replay === undefined])).toEqual(
      expect.arrayContaining([
        ["unsatisfiable-join", true],
        ["budget-exceeds-parent", true],
      ]),
    )
    expect(await fleetwright(["simulate", "broken.yaml"], folder)).toMatchObject({ code: 2, out: "" })
  })
})
