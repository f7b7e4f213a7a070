/** Runs a scenario as `fleetwright simulate` does: its script as YAML, the engine, the scripted driver, virtual time. */
import * as Effect from "effect/Effect"
import { parse, stringify } from "yaml"
import type { Ir, Json } from "#ir"
import { makeScripted } from "#plugins"
import { GoesOnForEver, simulate, WaitsForEver } from "#runtime"
import { readSimulation } from "../../../library/read-simulation.ts"
import { makeMemoryJournal } from "../../../runtime/journal/memory.ts"
import { initialState, step, type FleetEvent, type State } from "../../../runtime/machine/index.ts"
import type { ScenarioScript } from "../../../compiler/check/soundness/script.ts"

export interface Simulated {
  readonly events: ReadonlyArray<FleetEvent>
  /** What the run came to. */
  readonly state: State
  /** The script as a file. */
  readonly text: string
  /** Nobody ends it. */
  readonly waits: boolean
  /** It did not come to an end and was given up. */
  readonly goesOn: boolean
}

type Scripted = Pick<ScenarioScript, "inputs"> & { readonly script: { readonly [part: string]: Json } }

/** The fleet, routed by its rules alone, with room for every session. */
export const runnable = (ir: Ir): Ir => ({ ...ir, mode: { use: "static", with: {} }, limits: { parallel: 1000 } })

/** `wide`: what is run. */
export const simulateScenario = async (ir: Ir, { script, inputs }: Scripted, wide = runnable(ir)): Promise<Simulated> => {
  const text = stringify(script)
  const read = readSimulation(parse(text))
  if (!read.ok) throw new Error(`the script is none:\n${text}\n${read.problems.join("\n")}`)
  const journal = makeMemoryJournal()
  const end = await simulate(wide, { driver: makeScripted(read.script), outside: read.outside, inputs, journal, patience: 100 }).then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof WaitsForEver || error instanceof GoesOnForEver) return error
      throw error
    },
  )
  let state = initialState(wide)
  const records = Effect.runSync(journal.read("simulation"))
  for (const { fact } of records) state = step(wide, state, fact).state
  return { events: records.flatMap(({ events }) => events), state, text, waits: end instanceof WaitsForEver, goesOn: end instanceof GoesOnForEver }
}
