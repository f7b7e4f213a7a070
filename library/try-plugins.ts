/** Plugins tried out without files, agents and waiting: for their authors' tests. */
import { checkFleet, compile, type Diagnostic, type FoundPlugins } from "#compiler"
import type { FoundPlugin, Json } from "#ir"
import { checkPlugin, type Boundary, type Plugin, type PolicyEffect, type PolicyPayload } from "#sdk"
import type { FleetEvent, RunResult } from "#runtime"
import { builtinManifests, manifestOf, registryOf } from "#plugins/loader/index.ts"
import { silentModels } from "#plugins"
import * as Effect from "effect/Effect"
import { judge } from "#runtime/policy/judge.ts"
import { simulate } from "./simulate.ts"

/** A module's default export as what the loader makes of it. Throws a `TypeError` that says why the loader would refuse it. */
export const asPlugin = (exported: unknown): Plugin => {
  const checked = checkPlugin(exported)
  if (checked.ok) return checked.plugin
  throw new TypeError(checked.code === "plugin-api-version" ? `it is made for API version ${checked.found}` : checked.reason)
}

export interface TriedFleet {
  /** Everything that is wrong with the fleet, the configuration of its plugins included. */
  readonly diagnostics: ReadonlyArray<Diagnostic>
  /** Empty when the fleet has errors. */
  readonly events: ReadonlyArray<FleetEvent>
  readonly result?: RunResult
}

/**
 * Compiles a fleet that names the plugins by their names (`plugins: [my-router]`) and runs it in virtual time: its routing plugins and policy
 * packs are asked, its sessions play the script (the words of `fleetwright simulate --script`; without one they say ok).
 */
export const tryFleet = async (text: string, plugins: ReadonlyArray<unknown>, script: Json = null): Promise<TriedFleet> => {
  const given = plugins.map(asPlugin)
  const named = given.map((plugin): readonly [string, FoundPlugin] => [plugin.name, { ok: true, manifest: manifestOf(plugin, "sha256-tried") }])
  const found: FoundPlugins = new Map([...builtinManifests, ...named])
  const request = { file: "fleet.yaml", text, files: () => undefined, plugins: found }
  const { diagnostics, ir } = compile(request)
  if (ir === undefined) return { diagnostics: checkFleet(request).diagnostics, events: [] }
  const { policies, routers } = registryOf(given)
  return { diagnostics, ...(await simulate(ir, { script, policies, routers: { ...routers, ...silentModels } })) }
}

export interface TriedPolicy {
  /** Undefined when the pack has nothing to say. */
  readonly effect: PolicyEffect | undefined
  readonly reasons: ReadonlyArray<string>
  /** What may pass, or be shown: with the pack's redactions. */
  readonly payload: PolicyPayload
}

/** Asks a policy pack as the runtime does: what it throws, and a redaction that does not apply, denies. */
export const tryPolicy = async (
  exported: unknown,
  boundary: Boundary,
  payload: PolicyPayload,
  { config = {}, workspace = "/workspace" }: { readonly config?: Json; readonly workspace?: string } = {},
): Promise<TriedPolicy> => {
  const { name, policy } = asPlugin(exported)
  if (policy === undefined) throw new TypeError(`${name} is no policy pack`)
  const judged = await Effect.runPromise(
    judge([{ name, pack: policy, config: config as never }], boundary, payload, { run: "tried", session: "tried", permissions: "ask", workspace }),
  )
  const [decision] = judged.decisions
  return { effect: decision?.effect, reasons: decision?.reasons ?? [], payload: judged.payload }
}
