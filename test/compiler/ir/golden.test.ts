/**
 * What a fleet compiles to, kept as files: a change of the IR is seen in the diff, and IR that is out there can still be read. Written
 * anew by `vitest run test/compiler/ir/golden.test.ts -u`; a change of meaning needs another irVersion, and the old files stay beside the new.
 */
import { readdirSync, readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { canonicalJson, hashOf, verifyIr, type Ir } from "#ir"
import { decodeIr } from "#ir/decode.ts"
import { compile } from "#compiler"
import { renderPretty } from "../../../compiler/diagnostics/index.ts"

const folder = new URL("golden/", import.meta.url)
const file = (name: string): string => readFileSync(new URL(name, folder), "utf8")
const names = readdirSync(folder)
  .filter((name) => name.endsWith(".yaml"))
  .map((name) => name.slice(0, -".yaml".length))

const compiled = (name: string): Ir => {
  const text = file(`${name}.yaml`)
  const { ir, diagnostics } = compile({ file: `${name}.yaml`, text, files: () => undefined })
  if (ir === undefined) throw new Error(renderPretty(diagnostics, new Map([[`${name}.yaml`, text]]), { color: false }))
  return ir
}

/** Keys in canonical order, a line for each value. */
const spread = (ir: Ir): string => `${JSON.stringify(JSON.parse(canonicalJson(ir)), null, 1)}\n`

it("there are some", () => expect(names).toEqual(["cap", "joins", "people", "review-loop", "types"]))

describe.each(names)("%s", (name) => {
  it("compiles to what is kept", async () => {
    await expect(spread(compiled(name))).toMatchFileSnapshot(`golden/${name}.json`)
  })

  it("what is kept is read, holds together, and is the bytes it was hashed as", () => {
    const kept: unknown = JSON.parse(file(`${name}.json`))
    const decoded = decodeIr(kept)
    if (!decoded.ok) throw new Error(JSON.stringify(decoded.problems))
    expect(verifyIr(decoded.ir)).toEqual([])
    expect(decoded.ir.hash).toBe(hashOf(decoded.ir))
    expect(decoded.ir.irVersion).toBe(1)
    expect(spread(decoded.ir)).toBe(file(`${name}.json`))
  })
})
