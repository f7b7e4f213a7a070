import type { Ir, Json } from "#ir"
import { builtinPolicies, makeScripted, silentModels } from "#plugins"
import { simulate as simulateWith, type SimulateOptions as Options, type Simulation } from "#runtime"
import { readSimulation } from "./read-simulation.ts"

export type { Simulation }

export interface SimulateOptions extends Omit<Options, "driver" | "outside"> {
  /** The words of `fleetwright simulate --script`, as data: `sessions`, `replies`, `commands`. Absent: every session says ok. */
  readonly script?: Json
}

/**
 * Runs a fleet with scripted agents in virtual time: no agent, no workspace, no model, no waiting. Rejects with a `TypeError` that lists what is
 * wrong with the script, and with a defect or when the fleet waits for ever.
 */
export const simulate = async (ir: Ir, { script = null, ...options }: SimulateOptions = {}): Promise<Simulation> => {
  const read = readSimulation(script)
  if (!read.ok) throw new TypeError(`the script is wrong: ${read.problems.join("; ")}`)
  return simulateWith(ir, {
    ...options,
    policies: { ...builtinPolicies, ...options.policies },
    routers: { ...silentModels, ...options.routers },
    driver: makeScripted(read.script),
    outside: read.outside,
  })
}
