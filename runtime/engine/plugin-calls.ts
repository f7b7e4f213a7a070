/** Calls into plugins, which answer with a value, a Promise or an Effect. What they throw becomes a typed failure. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import type { FailureKind, Json, PluginUse } from "#ir"
import type { ConfigSchema } from "#sdk"
import { failureOf, type Blame } from "./failure.ts"
import type { Failure } from "../machine/protocol.ts"
import type { AnyDriver, AnyWorkspaceProvider, Drivers, Workspaces } from "./run.ts"

type Answer<A> = A | Promise<A> | Effect.Effect<A, unknown, Scope.Scope>

/** Runs what a plugin returned; interrupting it does not stop a Promise, so `abandoned` gets a value that comes too late. */
export const settle = <A>(call: () => Answer<A>, kind: FailureKind | Blame, abandoned?: (value: A) => void): Effect.Effect<A, Failure, Scope.Scope> =>
  Effect.flatMap(Effect.scope, (scope) => settleIn(() => scope, call, kind, abandoned))

/** The same in a scope that is asked for when an Effect wants one: most plugins answer with a Promise. */
export const settleIn = <A>(
  scope: () => Scope.Scope,
  call: () => Answer<A>,
  kind: FailureKind | Blame,
  abandoned?: (value: A) => void,
): Effect.Effect<A, Failure> =>
  Effect.suspend((): Effect.Effect<A, Failure> => {
    let answer: Answer<A>
    let isEffect: boolean
    let isPromise: boolean
    try {
      answer = call()
      // a Proxy may throw when it is looked at
      isEffect = Effect.isEffect(answer)
      isPromise = answer instanceof Promise
    } catch (error) {
      return Effect.fail(failureOf(error, kind))
    }
    if (isEffect) {
      return Effect.catchCause(Scope.provide(answer as Effect.Effect<A, unknown, Scope.Scope>, scope()), (cause) =>
        Cause.hasInterruptsOnly(cause) ? Effect.interrupt : Effect.fail(failureOf(Cause.squash(cause), kind)),
      )
    }
    if (!isPromise) return Effect.succeed(answer as A)
    const promise = answer as Promise<A>
    return Effect.callback<A, Failure>((resume) => {
      let left = false
      promise.then(
        (value) => (left ? abandoned?.(value) : resume(Effect.succeed(value))),
        (error: unknown) => resume(Effect.fail(failureOf(error, kind))),
      )
      return Effect.sync(() => {
        left = true
      })
    })
  })

interface Named<P> {
  readonly plugin: P
  /** What follows the colon of a name like `acp:gemini`. */
  readonly rest?: string
}

const named = <P>(registry: { readonly [name: string]: P }, name: string): Named<P> | undefined => {
  if (Object.hasOwn(registry, name)) {
    const plugin = registry[name]
    if (plugin !== undefined) return { plugin }
  }
  const colon = name.indexOf(":")
  if (colon < 0) return undefined
  const prefix = name.slice(0, colon + 1)
  const plugin = Object.hasOwn(registry, prefix) ? registry[prefix] : undefined
  return plugin === undefined ? undefined : { plugin, rest: name.slice(colon + 1) }
}

/** The rest of a name like `acp:gemini` is the plugin's `command` or `url`, whichever key it knows. */
const withRest = (config: Json, schema: ConfigSchema<unknown> | undefined, rest: string | undefined): Json => {
  const key = ["command", "url"].find((candidate) => schema?.keys.includes(candidate))
  if (rest === undefined || key === undefined) return config
  return { [key]: rest, ...(typeof config === "object" && config !== null && !Array.isArray(config) ? config : {}) }
}

export interface Resolved<P> {
  readonly plugin: P
  /** Decoded by the plugin's own schema; plugins of every configuration share this type, so it fits each of them. */
  readonly config: never
}

const resolve = <P extends { readonly config?: ConfigSchema<unknown> }>(
  registry: { readonly [name: string]: P },
  use: PluginUse,
  what: string,
  kind: FailureKind,
): Resolved<P> | Failure => {
  const found = named(registry, use.use)
  if (found === undefined) return { kind, message: `no ${what} \`${use.use}\`` }
  const raw = withRest(use.with, found.plugin.config, found.rest)
  if (found.plugin.config === undefined) return { plugin: found.plugin, config: raw as never }
  const decoded = found.plugin.config.decode(raw)
  if (decoded.ok) return { plugin: found.plugin, config: decoded.value as never }
  return { kind, message: `${what} \`${use.use}\`: ${decoded.issues.map(({ path, message }) => `${path.join(".")} ${message}`.trim()).join("; ")}` }
}

export const resolveDriver = (drivers: Drivers, use: PluginUse): Resolved<AnyDriver> | Failure => resolve(drivers, use, "driver", "driver_error")

export const resolveWorkspace = (workspaces: Workspaces, use: PluginUse): Resolved<AnyWorkspaceProvider> | Failure =>
  resolve(workspaces, use, "workspace", "workspace_error")
