/** One driver of several ways to speak to an agent: the first that comes up is taken (CAP v1, 5.1 and 6). */
import { failure, type Driver, type DriverContext, type DriverEvent, type DriverHandle, type FleetFailure } from "#sdk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import { eventsOf } from "./events-of.ts"

export interface Way {
  /** As messages call it. */
  readonly name: string
  readonly driver: Driver
  /** A program that does not understand how it was started says so only by going: it is watched for so many ms. */
  readonly settleMs?: number
}

interface Failed {
  readonly way: string
  readonly kind: FleetFailure["kind"]
  readonly message: string
}

/** What the way cannot do of what the session says, or would do without being asked where the fleet wants nothing done. */
const suits = ({ driver: { capabilities } }: Way, { model, maxTurns, permissions, confine }: DriverContext<unknown>, first: Way | undefined): boolean =>
  (model === undefined || capabilities.model) &&
  (maxTurns === undefined || capabilities.maxTurns) &&
  (confine === undefined || capabilities.sandbox === true) &&
  (permissions !== "deny" || capabilities.permission || first?.driver.capabilities.permission === false)

const failureOf = (way: string, error: unknown): Failed => {
  const { kind, message }: { readonly kind?: unknown; readonly message?: unknown } = typeof error === "object" && error !== null ? error : {}
  return { way, kind: kind === "auth_error" || kind === "timeout" ? kind : "driver_error", message: typeof message === "string" ? message : String(error) }
}

/** The events, and whether they went on for `ms`: an agent that ends before it was told anything did not come up. */
const watched = async (events: AsyncIterable<DriverEvent>, ms: number): Promise<{ readonly events: AsyncIterable<DriverEvent>; readonly ended: boolean }> => {
  const reader = events[Symbol.asyncIterator]()
  const first = reader.next()
  let timer: ReturnType<typeof setTimeout> | undefined
  const early = await Promise.race([
    first,
    new Promise<undefined>((done) => {
      timer = setTimeout(() => done(undefined), ms)
    }),
  ]).finally(() => clearTimeout(timer))
  const rest = async function* (): AsyncGenerator<DriverEvent> {
    try {
      for (let next = await first; next.done !== true; next = await reader.next()) yield next.value
    } finally {
      await reader.return?.()
    }
  }
  return { events: rest(), ended: early?.done === true }
}

/** Tells with the first turn which ways were not to be had. */
const telling = (handle: DriverHandle, name: string, failed: ReadonlyArray<Failed>): DriverHandle => {
  if (failed.length === 0) return handle
  const message = `${name} is used; ${failed.map((one) => `${one.way}: ${one.message}`).join("; ")}`
  let prompted = false
  const events = async function* (): AsyncGenerator<DriverEvent> {
    let told = false
    for await (const event of eventsOf(handle)) {
      if (prompted && !told) {
        told = true
        yield { type: "agent", event: { kind: "cap.error", code: "cap_binding_unavailable", message, retryable: true } }
      }
      yield event
    }
  }
  return {
    ...(handle.capabilities === undefined ? {} : { capabilities: handle.capabilities }),
    events: events(),
    close: () => handle.close(),
    send: (frame) => {
      prompted ||= frame.type === "prompt"
      return handle.send(frame)
    },
  }
}

const opened = (way: Way, context: DriverContext<unknown>): Effect.Effect<DriverHandle, Failed, Scope.Scope> =>
  Effect.gen(function* () {
    const opening = way.driver.open(context)
    const handle = yield* Effect.mapError(Effect.isEffect(opening) ? opening : Effect.tryPromise({ try: () => opening, catch: (error) => error }), (error) =>
      failureOf(way.name, error),
    )
    const able: DriverHandle = { ...handle, send: (frame) => handle.send(frame), close: () => handle.close(), capabilities: way.driver.capabilities }
    if (way.settleMs === undefined) return able
    const { settleMs } = way
    const { events, ended } = yield* Effect.tryPromise({
      try: () => watched(eventsOf(handle), settleMs),
      catch: (error) => failureOf(way.name, error),
    })
    if (ended) return yield* Effect.fail<Failed>({ way: way.name, kind: "driver_error", message: "its program ended at once" })
    return { ...able, events }
  })

/**
 * Declares what the first way can do; a handle of another says what that one can. Each way that fails is stopped before the next is tried. An agent that wants
 * somebody to sign in is not tried by another way.
 */
export const firstOf = (agent: string, ways: readonly [Way, ...ReadonlyArray<Way>]): Driver => ({
  ...ways[0].driver,
  open: (context) =>
    Effect.gen(function* () {
      const scope = yield* Effect.scope
      const failed: Array<Failed> = []
      for (const way of ways.filter((one) => suits(one, context, ways[0]))) {
        const own = yield* Scope.fork(scope)
        const result = yield* Effect.result(Scope.provide(opened(way, context), own))
        if (Result.isSuccess(result)) return telling(result.success, way.name, failed)
        yield* Scope.close(own, Exit.void)
        failed.push(result.failure)
        if (result.failure.kind === "auth_error") break
      }
      const told = failed.map(({ way, message }) => (failed.length === 1 ? message : `${way}: ${message}`)).join("; ")
      return yield* Effect.fail(failure(failed.at(-1)?.kind ?? "driver_error", told === "" ? `${agent} cannot be spoken to` : told))
    }),
})
