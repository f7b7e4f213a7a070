/** What the checker tells of a fleet file happens when the file runs with the script that comes with the telling. */
import { expect, it } from "vitest"
import { compile } from "#compiler"
import { parseInput, type Ir, type Json } from "#ir"
import { counterexamples, fleetText } from "./counterexamples.ts"
import { doubled, ended, firedIn, holds, type Events } from "./played.ts"
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

/** Who is at work after each start, in the order of the names. */
const together = (events: Events): ReadonlyArray<ReadonlyArray<string>> => {
  const live = new Set<string>()
  return events.flatMap((event) => {
    if (event.type === "session.done" || event.type === "session.failed" || event.type === "session.cancelled") live.delete(event.session)
    if (event.type !== "turn.started") return []
    live.add(event.session)
    return [[...live].toSorted()]
  })
}

it.each(counterexamples)("$name: $code", async (told) => {
  const text = fleetText(told)
  const { diagnostics, trial, ir = trial } = compile({ file: "fleet.yaml", text, files: () => undefined })
  const found = diagnostics.find(({ code, message }) => code === told.code && message.endsWith(`: ${told.scenario}`))
  if (ir === undefined || found === undefined) throw new Error(diagnostics.map(({ code, message }) => `${code}: ${message}`).join("\n"))
  const replay = found.replay?.()
  if (replay === undefined) throw new Error("no script comes with it")
  const simulated = await simulateScenario(ir, { script: replay.script, inputs: valuesOf(ir, replay.inputs) }, ir)
  if (told.code === "shared-workspace-race") expect(together(simulated.events), simulated.text).toContainEqual(told.session.split(" "))
  else if (told.code === "double-activation") expect(doubled(ir, simulated.events), simulated.text).toContain(told.session)
  else if (told.code === "never-ends") {
    expect([simulated.goesOn, simulated.waits, ended(simulated.events)], simulated.text).toEqual([true, false, undefined])
  } else {
    const rule = ir.rules.findIndex(
      ({ join, cases }) => join.kind !== "event" && cases.some(({ action }) => action.kind === "send" && action.to.includes(told.session)),
    )
    expect(ended(simulated.events), simulated.text).toBeDefined()
    if (told.code === "unsatisfiable-join") expect(firedIn(simulated.events)).not.toContain(ir.rules[rule]?.id)
    if (told.scenario.includes("still waits")) expect(holds(ir, simulated, rule), simulated.text).toBe(true)
  }
})
