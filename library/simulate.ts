import type { Ir, Json } from "#ir"
import { makeScripted, readScript } from "#plugins"
import { readOutsideScript, simulate as simulateWith, type SimulateOptions as Options, type Simulation } from "#runtime"

export type { Simulation }

export interface SimulateOptions extends Omit<Options, "driver" | "outside"> {
  /** The words of `fleetwright simulate --script`, as data: `sessions`, `replies`, `commands`. Absent: every session says ok. */
  readonly script?: Json
}

/**
 * Runs a fleet with scripted agents in virtual time: no agent, no workspace, no waiting. Rejects with a `TypeError` that lists what is
 * wrong with the script, and with a defect or when the fleet waits for ever.
 */
export const simulate = async (ir: Ir, { script = null, ...options }: SimulateOptions = {}): Promise<Simulation> => {
  const sessions = readScript(typeof script === "object" && script !== null && "sessions" in script ? script["sessions"] : undefined)
  const outside = readOutsideScript(script)
  if (sessions.ok && outside.ok) return simulateWith(ir, { ...options, driver: makeScripted(sessions.script), outside: outside.script })
  const problems = [...(sessions.ok ? [] : sessions.problems), ...(outside.ok ? [] : outside.problems)]
  throw new TypeError(`the script is wrong: ${problems.join("; ")}`)
}
