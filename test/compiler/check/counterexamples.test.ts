/** What the checker tells of a fleet file happens when the file runs with the script that comes with the telling. */
import { expect, it } from "vitest"
import { compile } from "#compiler"
import { parseInput, type Ir, type Json } from "#ir"
import { counterexamples, fleetText } from "./counterexamples.ts"
import { doubled, holds } from "./played.ts"
import { simulateScenario } from "./simulated.ts"

/** Values of inputs given as the command line takes them. */
const valuesOf = (ir: Ir, inputs: { readonly [name: string]: string }): { readonly [name: string]: Json } =>
  Object.fromEntries(
    ir.inputs.flatMap(({ name, type }) => {
      const text = inputs[name]
      if (text === undefined) return []
      const read = parseInput(type, text)
      if (!read.ok) throw new Error(`--input ${name}=${text}: ${read.problems.map(({ message }) => message).join()}`)
      return [[name, read.value] as const]
    }),
  )

it.each(counterexamples)("$name: $code", async (told) => {
  const text = fleetText(told)
  const { diagnostics, ir } = compile({ file: "fleet.yaml", text, files: () => undefined })
  const found = diagnostics.find(({ code, message }) => code === told.code && message.endsWith(`: ${told.scenario}`))
  if (ir === undefined || found === undefined) throw new Error(diagnostics.map(({ code, message }) => `${code}: ${message}`).join("\n"))
  const replay = found.replay?.()
  if (replay === undefined) throw new Error("no script comes with it")
  const simulated = await simulateScenario(ir, { script: replay.script, inputs: valuesOf(ir, replay.inputs) }, ir)
  if (told.code === "double-activation") expect(doubled(ir, simulated.events), simulated.text).toContain(told.session)
  else {
    const rule = ir.rules.findIndex(
      ({ join, cases }) => join.kind !== "event" && cases.some(({ action }) => action.kind === "send" && action.to.includes(told.session)),
    )
    expect(holds(simulated, rule), simulated.text).toBe(true)
  }
})
