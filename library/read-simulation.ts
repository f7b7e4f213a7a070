import type { Json } from "#ir"
import { readScript, type Script } from "#plugins"
import { readOutsideScript, type OutsideScript } from "#runtime"

export type ReadSimulation =
  | { readonly ok: true; readonly script: Script; readonly outside: OutsideScript }
  | { readonly ok: false; readonly problems: ReadonlyArray<string> }

/** The parts of a simulation script: what agents say, and what people outside do. Every problem names the entry it stands in. */
export const readSimulation = (value: Json): ReadSimulation => {
  const script = readScript(typeof value === "object" && value !== null && "sessions" in value ? value["sessions"] : undefined)
  const outside = readOutsideScript(value)
  if (script.ok && outside.ok) return { ok: true, script: script.script, outside: outside.script }
  return { ok: false, problems: [...(script.ok ? [] : script.problems), ...(outside.ok ? [] : outside.problems)] }
}
