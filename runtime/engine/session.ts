/**
 * One opened session: a fiber that holds a workspace and a driver, tells the machine what the agent says, and gives both back when it ends.
 * For every `session.open` the machine hears exactly one `session.refused` or one `session.closed` at the end.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { Ir, Session } from "#ir"
import type { DriverEvent, DriverHandle, Frame } from "#sdk"
import type { Command, Decision, Failure } from "../machine/protocol.ts"
import { agentEnvironment, type Environment } from "../platform/agent-environment.ts"
import type { Police } from "../policy/police.ts"
import { readAgent } from "./agent-reader.ts"
import { atMost } from "./bounded.ts"
import { failureOf } from "./failure.ts"
import type { Inbox } from "./inbox.ts"
import type { Clash, Places } from "./places.ts"
import { resolveDriver, settle } from "./plugin-calls.ts"
import type { Drivers } from "./run.ts"
import { makeScreen, type Screen, type Screened } from "./screen.ts"

type Open = Extract<Command, { readonly type: "session.open" }>
type TurnStart = Extract<Command, { readonly type: "turn.start" }>

/** What a session shares with its run. */
export interface SessionHost {
  readonly run: string
  readonly ir: Ir
  readonly drivers: Drivers
  readonly places: Places
  readonly police: Police
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
  /** Why it was over before a turn began. */
  let broke: Failure = { kind: "agent_exited", message: "the agent was gone before its turn began" }
  const frames: Array<Frame> = []
  let sending = false
  let preparing = false
  const unwanted = new AbortController()
  const asker = { session, declared: declared.id }
  let screen: Screen | undefined
  /** What policies said of the start. */
  let decided: ReadonlyArray<Decision> = []

  const waitFor = (posted: Promise<unknown> | undefined) => (posted === undefined ? undefined : Effect.asVoid(Effect.promise(() => posted)))

  const endTurn = (end: Extract<DriverEvent, { type: "turn.ended" }> | { readonly end: { readonly error: Failure } }, branch?: string, decisions?: ReadonlyArray<Decision>) => {
    if (turn === undefined) return undefined
    const { turn: number, attempt } = turn
    turn = undefined
    return host.post({
      ...end, type: "turn.ended", session, turn: number, attempt, ...told(decisions), ...(branch === undefined ? {} : { branch }), ...(resume === undefined ? {} : { resume }),
    })
  }

  const failTurn = (error: Failure, decisions?: ReadonlyArray<Decision>) => endTurn({ end: { error } }, undefined, decisions)

  /** What policies let pass becomes facts; what they do not ends the turn. Says whether the turn goes on. */
  const pass = ({ passed, denied, decisions }: Screened): Effect.Effect<boolean> =>
    Effect.gen(function* () {
      for (const one of passed) {
        if (turn === undefined) return false
        yield* waitFor(host.post({ type: "agent.said", session, ...turn, event: one.event, ...told(one.decisions) })) ?? Effect.void
      }
      if (denied === undefined) return turn !== undefined
      yield* waitFor(failTurn({ kind: "policy_denied", message: denied }, decisions)) ?? Effect.void
      return false
    })

  const end = (event: Extract<DriverEvent, { type: "turn.ended" }>, number: number, decisions?: ReadonlyArray<Decision>): Effect.Effect<void> =>
    host.places.snapshot(session, `fleetwright: ${session}, turn ${number}`).pipe(
      Effect.tap(() => Effect.flatMap(host.places.clashes(session), (clashes) => Effect.forEach(clashes, (clash) => tellClash(clash, false), { discard: true }))),
      Effect.match({
        onSuccess: (branch) => endTurn(event, branch, decisions),
        onFailure: (error) => failTurn(error, decisions),
      }),
      Effect.flatMap((posted) => waitFor(posted) ?? Effect.void),
    )

  const tellClash = ({ other, files }: Clash, refused: boolean): Effect.Effect<void> =>
    waitFor(host.post({ type: "workspace.clashed", session, other, files, refused })) ?? Effect.void

  /** The prompt waits until the workspace has the newest work of who asks. */
  const takeIn = (branch: string): void => {
    preparing = true
    host.fork(
      host.places.takeIn(session, branch).pipe(
        Effect.flatMap((clash) => (clash === undefined ? Effect.void : tellClash(clash, true))),
        Effect.catch((error) => Effect.sync(() => {
          frames.length = 0
          void failTurn(error)
        })),
        Effect.andThen(Effect.sync(() => {
          preparing = false
          pump()
        })),
      ),
    )
  }

  const listen = (event: DriverEvent): Effect.Effect<void> | undefined => {
    switch (event.type) {
      case "agent":
        if (turn === undefined) return undefined
        if (screen !== undefined) return Effect.flatMap(screen.event(event.event), (screened) => Effect.asVoid(pass(screened)))
        return waitFor(host.post({ type: "agent.said", session, ...turn, event: event.event }))
      case "session.handle":
        resume = event.resume
        return waitFor(host.post({ type: "session.handle", session, resume }))
      case "turn.ended": {
        const ended = turn
        if (ended === undefined) return undefined
        if (screen === undefined) return end(event, ended.turn)
        return Effect.flatMap(screen.end(event), (screened) => Effect.flatMap(pass(screened), (goesOn) => (goesOn ? end(screened.ended, ended.turn, screened.decisions) : Effect.void)))
      }
    }
  }

  /** Hands frames to the driver one at a time, at once when the driver takes them at once. */
  const pump = (): void => {
    while (handle !== undefined && !sending && !preparing && !over) {
      const frame = frames.shift()
      if (frame === undefined) return
      const target = handle
      let answer: ReturnType<DriverHandle["send"]>
      try {
        answer = target.send(frame)
      } catch (error) {
        host.fork(Effect.map(host.police.clean(failureOf(error, "driver_error"), asker), (failure) => failTurn(failure)))
        continue
      }
      if (answer === undefined) continue
      sending = true
      host.fork(
        Effect.scoped(settle<void>(() => answer, "driver_error")).pipe(
          Effect.catchCause((cause) => Effect.map(host.police.clean(failureOf(Cause.squash(cause), "driver_error"), asker), (failure) => void failTurn(failure))),
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
    const driver = resolveDriver(host.drivers, declared.driver)
    const { model, systemPrompt, maxTurns, permissions } = declared
    const asks = "plugin" in driver && driver.plugin.capabilities.permission && permissions !== "bypass"
    if (host.police.looks("spawn", declared.id)) {
      const about = { session, driver: declared.driver.use, permissions, workspace: declared.workspace.use, effect: declared.effect, asks, ...(model === undefined ? {} : { model }) }
      const judged = yield* host.police.ask("spawn", about, asker)
      decided = judged.decisions
      if (judged.denied !== undefined) return yield* Effect.fail<Failure>({ kind: "policy_denied", message: judged.denied })
    }
    const env = agentEnvironment(host.env, declared.env, host.run, session)
    const workspace = yield* host.places.acquire(session, declared, open.from, { env, signal: unwanted.signal })
    if ("kind" in driver) return yield* Effect.fail(driver)
    screen = makeScreen(host.police, { ...asker, workspace: workspace.path }, asks)
    handle = yield* settle(
      () =>
        driver.plugin.open({
          run: host.run,
          session,
          config: driver.config,
          directory: workspace.path,
          permissions,
          env,
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
    void host.post({ type: "session.opened", session, ...told(decided), takesMessages, cancelsTurns, workspace: { path, ...(branch === undefined ? {} : { branch }) } })
    pump()
    yield* Effect.mapError(
      readAgent(handle.events, listen, (effect) => new Promise((done) => host.fork(Effect.map(effect, done)))),
      (cause) => failureOf(cause, "driver_error"),
    )
    return yield* Effect.fail<Failure>({ kind: "agent_exited", message: "the agent ended before its turn did" })
  })

  /** How a life ended, said once: refused before it was open, else the turn that ran, or is about to, and then the closing. */
  const tellEnd = (error: Failure) => {
    if (!opened) return
    if (turn === undefined && error.kind !== "agent_exited") broke = error
    else void failTurn(error)
  }

  const program = Effect.suspend(() => (after === undefined ? Effect.void : Fiber.await(after))).pipe(
    Effect.andThen(
      Effect.scoped(
        Effect.ensuring(
          Effect.catchCause(life, (cause) =>
            Cause.hasInterruptsOnly(cause)
              ? Effect.succeed(undefined)
              : Effect.map(host.police.clean(failureOf(Cause.squash(cause), "internal"), asker), (error): Failure | undefined => {
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
            if (!opened && closing === undefined && error !== undefined) void host.post({ type: "session.refused", session, error, ...told(decided) })
            else void host.post({ type: "session.closed", session, ...(error === undefined || closing !== undefined ? {} : { error }) })
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
        void failTurn(broke)
        return
      }
      const outputSchema = declared.output?.schema
      if (start.takeIn !== undefined) takeIn(start.takeIn)
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
      unwanted.abort()
      turn = undefined
      fiber.interruptUnsafe()
    },
  }
}

const told = (decisions: ReadonlyArray<Decision> | undefined): { readonly decisions?: ReadonlyArray<Decision> } => (decisions === undefined || decisions.length === 0 ? {} : { decisions })
