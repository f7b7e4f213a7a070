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
  ].includes(name),
)

const isSeen = (told: Told, out: string): boolean => {
  const events = out.split("\n").flatMap((line): ReadonlyArray<FleetEvent> => (line === "" ? [] : [JSON.parse(line)]))
  if (told.code === "double-activation") return doubled({ start: ["a"] }, events).includes(told.session)
  return events.some((event) => event.type === "session.skipped" && event.session === told.session && event.reason === "join_incomplete")
}

interface Found {
  readonly code: string
  readonly message: string
  readonly replay?: { readonly script: object; readonly inputs: { readonly [name: string]: string } }
}

it("takes the one of each kind", () => expect(chosen.length).toBe(5))

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
