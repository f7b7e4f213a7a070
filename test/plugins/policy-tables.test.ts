/** Every built-in pack has a table of cases, which `policy test` runs and which ships. */
import { readdirSync, readFileSync, writeFileSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"
import { parse } from "yaml"
import { builtinPolicies } from "../../plugins/index.ts"
import { fleetwright } from "../cli/command-line.ts"

const folder = fileURLToPath(new URL("../../examples/policies/", import.meta.url))
const packs = Object.keys(builtinPolicies)

interface Told {
  readonly cases: ReadonlyArray<{ readonly name: string; readonly ok: boolean }>
}

describe("tables of the built-in packs", () => {
  it("are there for each of them", () => {
    expect(readdirSync(folder).toSorted()).toEqual(packs.map((name) => `${name}.yaml`).toSorted())
  })

  it.each(packs)("%s: comes out as its table says, and the table says both", async (name) => {
    const { code, out } = await fleetwright(["policy", "test", `${name}.yaml`, "--format", "json"], folder)
    const told: Told = JSON.parse(out)
    expect(told.cases.filter(({ ok }) => !ok)).toEqual([])
    expect([code, told.cases.length > 15]).toEqual([0, true])
    const effects: ReadonlyArray<string> = parse(readFileSync(join(folder, `${name}.yaml`), "utf8")).cases.map(
      ({ expect: effect }: { readonly expect: string }) => effect,
    )
    const passing = effects.filter((effect) => effect === "allow" || effect === "nothing").length
    expect([passing > 4, effects.length - passing > 4]).toEqual([true, true])
  })

  it("fail when a pack decides otherwise", async () => {
    const place = mkdtempSync(join(tmpdir(), "tables-"))
    const text = readFileSync(join(folder, "read-only.yaml"), "utf8")
    writeFileSync(join(place, "wrong.yaml"), text.replace('"make", expect: deny', '"make", expect: allow'))
    const { code, out } = await fleetwright(["policy", "test", "wrong.yaml"], place)
    rmSync(place, { recursive: true })
    expect([code, out.split("\n").filter((line) => line.startsWith("FAIL"))]).toEqual([
      1,
      ['FAIL  "make": deny instead of allow (the session is read-only, and the command may change something)'],
    ])
  })
})
