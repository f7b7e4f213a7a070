/**
 * One opened session: a fiber that holds a workspace and a driver, tells the machine what the agent says, and gives both back when it ends.
 * For every `session.open` the machine hears exactly one `session.refused` or one `session.closed` at the end.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { Ir, Session } from "#ir"
import type { DriverEvent, DriverHandle, Frame } from "#sdk"
import type { Command, Failure } from "../machine/protocol.ts"
import { agentEnvironment, type Environment } from "../platform/agent-environment.ts"
import { readAgent } from "./agent-reader.ts"
import { atMost } from "./bounded.ts"
import { failureOf } from "./failure.ts"
import type { Inbox } from "./inbox.ts"
import type { Places } from "./places.ts"
import { resolveDriver, settle } from "./plugin-calls.ts"
import type { Drivers } from "./run.ts"

type Open = Extract<Command, { readonly type: "session.open" }>
type TurnStart = Extract<Command, { readonly type: "turn.start" }>

/** What a session shares with its run. */
export interface SessionHost {
  readonly run: string
  readonly ir: Ir
  readonly drivers: Drivers
  readonly places: Places
  readonly env: Environment
  readonly post: Inbox["post"]
  readonly fork: <A>(effect: Effect.Effect<A>) => Fiber.Fiber<A>
}

export interface LiveSession {
  readonly startTurn: (turn: TurnStart) => void
  readonly cancelTurn: (turn: number) => void
  readonly tell: (frame: Frame) => void
  /** Starts the end without waiting for it. Called again it changes nothing but a keep into a release. */
  readonly close: (workspace: "keep" | "release") => void
  readonly fiber: Fiber.Fiber<void>
}

/** An agent gets this long to stop by itself; the same again is for what the driver does to one that does not. */
const graceMs = 5000
const closeLimitMs = 2 * graceMs

/** `after`: the former life of the same session, which must be over first. */
export const openSession = (host: SessionHost, open: Open, declared: Session, after: Fiber.Fiber<void> | undefined): LiveSession => {
  const { session } = open
  let handle: DriverHandle | undefined
  let turn: { readonly turn: number; readonly attempt: number } | undefined
  let resume: string | undefined
  let opened = false
  let over = false
  let closing: "keep" | "release" | undefined
  const frames: Array<Frame> = []
  let sending = false

  const waitFor = (posted: Promise<unknown> | undefined) => (posted === undefined ? undefined : Effect.asVoid(Effect.promise(() => posted)))

  const endTurn = (end: Extract<DriverEvent, { type: "turn.ended" }> | { readonly end: { readonly error: Failure } }, branch?: string) => {
    if (turn === undefined) return undefined
    const { turn: number, attempt } = turn
    turn = undefined
    return host.post({ ...end, type: "turn.ended", session, turn: number, attempt, ...(branch === undefined ? {} : { branch }), ...(resume === undefined ? {} : { resume }) })
  }

  const failTurn = (error: Failure) => endTurn({ end: { error } })

  const listen = (event: DriverEvent): Effect.Effect<void> | undefined => {
    switch (event.type) {
      case "agent":
        return turn === undefined ? undefined : waitFor(host.post({ type: "agent.said", session, ...turn, event: event.event }))
      case "session.handle":
        resume = event.resume
        return waitFor(host.post({ type: "session.handle", session, resume }))
      case "turn.ended": {
        const ended = turn
        if (ended === undefined) return undefined
        return host.places.snapshot(session, `fleetwright: ${session}, turn ${ended.turn}`).pipe(
          Effect.match({
            onSuccess: (branch) => endTurn(event, branch),
            onFailure: (error) => failTurn(error),
          }),
          Effect.flatMap((posted) => waitFor(posted) ?? Effect.void),
        )
      }
    }
  }

  /** Hands frames to the driver one at a time, at once when the driver takes them at once. */
  const pump = (): void => {
    while (handle !== undefined && !sending && !over) {
      const frame = frames.shift()
      if (frame === undefined) return
      const target = handle
      let answer: ReturnType<DriverHandle["send"]>
      try {
        answer = target.send(frame)
      } catch (error) {
        void failTurn(failureOf(error, "driver_error"))
        continue
      }
      if (answer === undefined) continue
      sending = true
      host.fork(
        Effect.scoped(settle<void>(() => answer, "driver_error")).pipe(
          Effect.catchCause((cause) => Effect.sync(() => failTurn(failureOf(Cause.squash(cause), "driver_error")))),
          Effect.andThen(
            Effect.sync(() => {
              sending = false
              pump()
            }),
          ),
        ),
      )
    }
  }

  const stopDriver = Effect.suspend(() => {
    over = true
    const target = handle
    handle = undefined
    if (target === undefined) return Effect.void
    let answer: ReturnType<DriverHandle["close"]>
    try {
      answer = target.close()
    } catch {
      return Effect.void
    }
    return answer === undefined ? Effect.void : atMost(Effect.scoped(settle<void>(() => answer, "driver_error")), closeLimitMs)
  })

  const life = Effect.gen(function* () {
    const workspace = yield* host.places.acquire(session, declared, open.from)
    const driver = resolveDriver(host.drivers, declared.driver)
    if ("kind" in driver) return yield* Effect.fail(driver)
    const { model, systemPrompt, maxTurns } = declared
    handle = yield* settle(
      () =>
        driver.plugin.open({
          run: host.run,
          session,
          config: driver.config,
          directory: workspace.path,
          permissions: declared.permissions,
          env: agentEnvironment(host.env, declared.env, host.run, session),
          ...(model === undefined ? {} : { model }),
          ...(systemPrompt === undefined ? {} : { systemPrompt }),
          ...(maxTurns === undefined ? {} : { maxTurns }),
          ...(open.resume === undefined ? {} : { resume: open.resume }),
        }),
      "driver_error",
      (late) => void late.close(),
    )
    opened = true
    const { path, branch } = workspace
    const { queuedInput: takesMessages, cancelTurn: cancelsTurns } = driver.plugin.capabilities
    void host.post({ type: "session.opened", session, takesMessages, cancelsTurns, workspace: { path, ...(branch === undefined ? {} : { branch }) } })
    pump()
    yield* Effect.mapError(
      readAgent(handle.events, listen, (effect) => new Promise((done) => host.fork(Effect.map(effect, done)))),
      (cause) => failureOf(cause, "driver_error"),
    )
    return yield* Effect.fail<Failure>({ kind: "agent_exited", message: "the agent ended before its turn did" })
  })

  /** How a life ended, said once: refused before it was open, else the turn that ran and then the closing. */
  const tellEnd = (error: Failure | undefined) => {
    if (error !== undefined && opened) void failTurn(error)
  }

  const program = Effect.suspend(() => (after === undefined ? Effect.void : Fiber.await(after))).pipe(
    Effect.andThen(
      Effect.scoped(
        Effect.ensuring(
          Effect.catchCause(life, (cause) =>
            Effect.sync((): Failure | undefined => {
              if (Cause.hasInterruptsOnly(cause)) return undefined
              const error = failureOf(Cause.squash(cause), "internal")
              tellEnd(error)
              return error
            }),
          ),
          stopDriver,
        ),
      ),
    ),
    Effect.onExit((exit) =>
      Effect.suspend(() => (closing === "release" ? host.places.release(session) : Effect.void)).pipe(
        Effect.andThen(
          Effect.sync(() => {
            over = true
            const error = exit._tag === "Success" ? exit.value : undefined
            if (!opened && closing === undefined && error !== undefined) void host.post({ type: "session.refused", session, error })
            else void host.post({ type: "session.closed", session })
          }),
        ),
      ),
    ),
    Effect.asVoid,
  )

  const tell = (frame: Frame) => {
    frames.push(frame)
    pump()
  }

  let ended = false
  const fiber = host.fork(Effect.catchCause(program, () => Effect.void))
  fiber.addObserver(() => {
    ended = true
  })

  return {
    fiber,
    tell,
    startTurn: (start) => {
      turn = { turn: start.turn, attempt: start.attempt }
      if (over) {
        void failTurn({ kind: "agent_exited", message: "the agent was gone before its turn began" })
        return
      }
      const outputSchema = declared.output?.schema
      tell({
        type: "prompt",
        turn: start.turn,
        attempt: start.attempt,
        text: start.prompt,
        idempotencyKey: start.idempotencyKey,
        ...(start.instructions === undefined ? {} : { instructions: start.instructions }),
        ...(outputSchema === undefined ? {} : { outputSchema }),
      })
    },
    cancelTurn: (number) => {
      if (turn?.turn === number) tell({ type: "cancel" })
    },
    close: (workspace) => {
      if (ended) {
        if (workspace === "release") host.fork(host.places.release(session))
        return
      }
      closing = workspace
      turn = undefined
      fiber.interruptUnsafe()
    },
  }
}
