/** The packs of a fleet and of each of its sessions, and what they are asked. */
import * as Effect from "effect/Effect"
import type { Ir, Json, PluginUse } from "#ir"
import { boundaries, type Boundary, type PolicyPayload } from "#sdk"
import type { Policies } from "../engine/run.ts"
import type { Decision, Failure } from "../machine/protocol.ts"
import type { Environment } from "../platform/agent-environment.ts"
import { hiddenValues, type HiddenValues } from "./hidden-values.ts"
import { judge, looksAt, type Judgement, type Pack } from "./judge.ts"

export interface Asker {
  /** Instance id; absent where no session stands behind it. */
  readonly session?: string
  /** The session of the IR. */
  readonly declared?: string
  readonly workspace?: string
}

export interface Police {
  /** Values that nothing may show, whatever the packs say; absent when there are none. */
  readonly hidden: HiddenValues | undefined
  /** The boundaries that somebody looks at. */
  readonly policed: ReadonlyArray<Boundary>
  readonly looks: (boundary: Boundary, declared?: string) => boolean
  readonly ask: (boundary: Boundary, payload: PolicyPayload, asker: Asker) => Effect.Effect<Judgement>
  /** A failure with its message as it may be stored: it may quote what the agent said. */
  readonly clean: (failure: Failure, asker: Asker) => Effect.Effect<Failure>
  /** The texts in a value that people or plugins brought, as they may be stored; undefined in `value` where nothing may. */
  readonly clear: (
    value: Json,
    asker: Asker,
  ) => Effect.Effect<
    { readonly decisions: ReadonlyArray<Decision>; readonly value: Json } | { readonly decisions: ReadonlyArray<Decision>; readonly denied: string }
  >
}

/** `env`: the caller's environment, whose secrets are hidden. */
export const makePolice = (run: string, ir: Ir, policies: Policies, env: Environment = {}): Police => {
  const hidden = hiddenValues(ir, env)
  const packOf = ({ use, with: config }: PluginUse): Pack => {
    const pack = Object.hasOwn(policies, use) ? policies[use] : undefined
    return { name: use, config: config as never, ...(pack === undefined ? {} : { pack }) }
  }
  const ofFleet = ir.policies.map(packOf)
  const ofSession = new Map(ir.sessions.map((session) => [session.id, [...ofFleet, ...session.policies.map(packOf)]]))
  const permissions = new Map(ir.sessions.map((session) => [session.id, session.permissions]))
  const packsOf = (declared: string | undefined): ReadonlyArray<Pack> => (declared === undefined ? ofFleet : (ofSession.get(declared) ?? ofFleet))
  const all = [...ofFleet, ...[...ofSession.values()].flat()]
  const ask: Police["ask"] = (boundary, payload, { session, declared, workspace }) => {
    const mode = declared === undefined ? undefined : permissions.get(declared)
    return judge(packsOf(declared), boundary, payload, {
      run,
      ...(session === undefined ? {} : { session }),
      ...(mode === undefined ? {} : { permissions: mode }),
      ...(workspace === undefined ? {} : { workspace }),
    })
  }
  const looks: Police["looks"] = (boundary, declared) => packsOf(declared).some((pack) => looksAt(pack, boundary))
  return {
    hidden,
    policed: boundaries.filter((boundary) => all.some((pack) => looksAt(pack, boundary))),
    looks,
    ask,
    clean: (given, asker) => {
      const failure = hidden === undefined ? given : { ...given, message: hidden.text(given.message) }
      return looks("output", asker.declared) && failure.kind !== "policy_denied"
        ? Effect.map(ask("output", { message: failure.message }, asker), ({ payload, denied }) => {
            const { message } = payload
            return { kind: failure.kind, message: denied === undefined && typeof message === "string" ? message : "a policy hides what it says" }
          })
        : Effect.succeed(failure)
    },
    clear: (given, asker) => {
      const value = hidden === undefined ? given : hidden.value(given)
      return looks("prompt", asker.declared)
        ? Effect.map(ask("prompt", { text: value }, asker), ({ decisions, payload, denied }) =>
            denied === undefined ? { decisions, value: payload["text"] ?? null } : { decisions, denied },
          )
        : Effect.succeed({ decisions: [], value })
    },
  }
}
