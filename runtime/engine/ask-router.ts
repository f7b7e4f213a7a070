/** One question to a routing plugin: bounded in time, its answer made plain JSON, whatever it does. */
import * as Effect from "effect/Effect"
import type { Ir, Json } from "#ir"
import type { RoutingAction } from "#sdk"
import type { Command, Failure } from "../machine/protocol.ts"
import type { State } from "../machine/index.ts"
import { agentEnvironment, type Environment } from "../platform/agent-environment.ts"
import type { Police } from "../policy/police.ts"
import { settle } from "./plugin-calls.ts"
import { routerView } from "./router-view.ts"
import type { FactBody, Routers } from "./run.ts"

type Asked = Extract<Command, { readonly type: "route.ask" }>
type Routed = Extract<FactBody, { readonly type: "plugin.routed" }>

export interface RouterHost {
  readonly run: string
  /** Of the lease under which the run is driven. */
  readonly epoch: number
  readonly ir: Ir
  readonly routers: Routers
  readonly root: string
  readonly env: Environment
  readonly police: Police
}

const defaultTimeoutMs = 60_000
const longestTimeoutMs = 600_000
const longestAnswer = 10_000_000

/** Never fails: what goes wrong is the answer. */
export const askRouter = (host: RouterHost, command: Asked, state: State): Effect.Effect<Routed> => {
  const { use, with: config } = command.plugin
  const about = command.session === "" ? `rule ${command.rule}` : `session "${command.session}"`
  const wrong = (message: string): Routed => ({
    type: "plugin.routed",
    request: command.request,
    answer: { error: { kind: "routing_error", message: `routing plugin "${use}" (decide, ${about}): ${message}` } satisfies Failure },
  })
  const router = Object.hasOwn(host.routers, use) ? host.routers[use] : undefined
  if (router === undefined) return Effect.succeed(wrong("there is no such plugin"))
  const ms = Math.min(router.timeoutMs ?? defaultTimeoutMs, longestTimeoutMs)
  const call = Effect.suspend(() => {
    const stopped = new AbortController()
    const ask = settle<ReadonlyArray<RoutingAction>>(
      () =>
        router.decide({
          session: command.session,
          stop: command.stop,
          view: routerView(host.ir, state),
          config: config as never,
          directory: host.root,
          env: agentEnvironment(host.env, {}, { run: host.run, session: `router:${command.request}`, epoch: host.epoch }),
          signal: stopped.signal,
        }),
      "routing_error",
    )
    return Effect.ensuring(
      Effect.scoped(ask),
      Effect.sync(() => stopped.abort()),
    )
  })
  return call.pipe(
    Effect.map((answer): Routed => {
      const actions = plain(answer)
      return actions === undefined ? wrong("its answer is no list of actions") : { type: "plugin.routed", request: command.request, answer: { actions } }
    }),
    Effect.catch((failure) => Effect.succeed(wrong(failure.message))),
    Effect.timeoutOrElse({ duration: ms, orElse: () => Effect.succeed(wrong(`it takes longer than ${ms / 1000} s`)) }),
    Effect.flatMap((routed) => clean(host.police, routed, wrong)),
  )
}

const plain = (answer: unknown): ReadonlyArray<Json> | undefined => {
  try {
    if (!Array.isArray(answer)) return undefined
    const text = JSON.stringify(answer)
    const value: Json = text.length > longestAnswer ? null : JSON.parse(text)
    return Array.isArray(value) ? value : undefined
  } catch {
    // it holds what is no JSON, holds itself, or throws when it is looked at
    return undefined
  }
}

/** A prompt that a plugin wrote is written down with its answer: policies look at it before. */
const clean = (police: Police, routed: Routed, wrong: (message: string) => Routed): Effect.Effect<Routed> => {
  if ("error" in routed.answer || (police.hidden === undefined && !police.looks("prompt"))) return Effect.succeed(routed)
  return Effect.map(police.clear([...routed.answer.actions], {}), (cleared) => {
    if ("denied" in cleared) return { ...wrong(cleared.denied), decisions: cleared.decisions }
    const actions = plain(cleared.value)
    return actions === undefined ? wrong("a policy left nothing of its answer") : { ...routed, answer: { actions }, decisions: cleared.decisions }
  })
}
