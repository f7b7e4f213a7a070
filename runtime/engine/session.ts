/**
 * One opened session: a fiber that holds a workspace and a driver, tells the machine what the agent says, and gives both back when it ends.
 * For every `session.open` the machine hears exactly one `session.refused` or one `session.closed` at the end. Thousands of them wait for
 * their agents at once: what only the beginning needs is gone by then.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import type { Session } from "#ir"
import type { DriverEvent, DriverHandle, Frame } from "#sdk"
import type { Command, Decision, Failure } from "../machine/protocol.ts"
import type { Asker } from "../policy/police.ts"
import type { CapabilityDenied } from "../trust/capability.ts"
import { readAgent } from "./agent-reader.ts"
import { failureOf, type Blame } from "./failure.ts"
import { FrameQueue } from "./frame-queue.ts"
import { makeHiding, type Hiding } from "./hide-values.ts"
import { closeDriver, environmentOf, judgeStart, openDriver } from "./open-driver.ts"
import type { Clash } from "./places.ts"
import { resolveDriver } from "./plugin-calls.ts"
import { makeScreen, type Screen, type Screened } from "./screen.ts"
import type { SessionHost } from "./session-host.ts"
import { makeToolGate, type GateKeeper } from "./tool-gate.ts"

type Open = Extract<Command, { readonly type: "session.open" }>
type TurnStart = Extract<Command, { readonly type: "turn.start" }>
type TurnEnd = Extract<DriverEvent, { readonly type: "turn.ended" }>

const fellSilent: Effect.Effect<never, Failure> = Effect.fail({ kind: "agent_exited", message: "the agent ended before its turn did" })

export class LiveSession {
  readonly fiber: Fiber.Fiber<void>
  private readonly host: SessionHost
  private readonly session: string
  private readonly declared: Session
  private handle: DriverHandle | undefined
  private turn: { readonly turn: number; readonly attempt: number } | undefined
  private resume: string | undefined
  private screen: Screen | undefined
  /** Aborted when nobody wants to know any more what policies say of the agent's words. */
  private screening: AbortController | undefined
  private hiding: Hiding | undefined
  private readonly keeper: GateKeeper
  /** What policies said of the start. */
  private decided: ReadonlyArray<Decision> | undefined
  /** What the driver's own Effects hold, when it was opened by one. */
  private scope: Scope.Closeable | undefined
  /** Aborted when the workspace that is made is no longer wanted. */
  private making: AbortController | undefined
  private opened = false
  /** Its driver can stop a turn; one that cannot is not asked to (CAP v1, 6.1), the close that follows ends it. */
  private cancelsTurns = true
  /** Nothing more goes to the driver. */
  private over = false
  /** Nothing of it is left. */
  private ended = false
  private closing: "keep" | "release" | undefined
  /** Why it was over before a turn began. */
  private broke: Failure | undefined
  private readonly frames: FrameQueue

  /** `after`: the former life of the same session, which must be over first. */
  constructor(host: SessionHost, open: Open, declared: Session, after: LiveSession | undefined) {
    this.host = host
    this.session = open.session
    this.declared = declared
    this.keeper = makeToolGate({
      run: host.run,
      session: open.session,
      permissions: declared.permissions,
      issuer: host.issuer,
      now: host.now,
      spent: () => host.spending(open.session).spent,
      left: () => host.spending(open.session).left,
      refused: (refusal) => this.tellRefused(refusal),
    })
    this.frames = new FrameQueue(host.fork, this.blame("send"), (cause) =>
      Effect.map(host.police.clean(failureOf(cause, this.blame("send")), this.asker), (failure) => void this.failTurn(failure)),
    )
    this.fiber = host.fork(this.program(open, after))
  }

  startTurn(start: TurnStart): void {
    this.turn = { turn: start.turn, attempt: start.attempt }
    if (this.over) {
      void this.failTurn(this.broke ?? { kind: "agent_exited", message: "the agent was gone before its turn began" })
      return
    }
    this.hiding?.begin()
    this.keeper.begin(start.turn, start.attempt)
    if (start.takeIn !== undefined) void this.takeIn(start.takeIn)
    this.tell({
      type: "prompt",
      turn: start.turn,
      attempt: start.attempt,
      text: start.prompt,
      idempotencyKey: start.idempotencyKey,
      ...(start.instructions === undefined ? {} : { instructions: start.instructions }),
      ...(start.outputSchema === undefined ? {} : { outputSchema: start.outputSchema }),
    })
  }

  cancelTurn(number: number): void {
    if (this.turn?.turn === number) this.keeper.end()
    if (this.turn?.turn === number && this.cancelsTurns) this.tell({ type: "cancel" })
  }

  tell(frame: Frame): void {
    this.frames.put(frame)
  }

  private blame(hook: "open" | "send" | "events"): Blame {
    return { kind: "driver_error", who: `driver "${this.declared.driver.use}" (${hook}, session "${this.session}")` }
  }

  /** Starts the end without waiting for it. Called again it changes nothing but a keep into a release. */
  close(workspace: "keep" | "release"): void {
    if (this.ended) {
      if (workspace === "release") this.host.fork(this.host.places.release(this.session))
      return
    }
    this.closing = workspace
    this.making?.abort()
    this.turn = undefined
    this.keeper.end()
    this.fiber.interruptUnsafe()
  }

  private get asker(): Asker {
    return { session: this.session, declared: this.declared.id }
  }

  private program(open: Open, after: LiveSession | undefined): Effect.Effect<void> {
    const life = Effect.andThen(this.begin(open), () => this.listen())
    // Told to go meanwhile, it waits all the same: whoever waits for its end waits for that of all before it.
    const turnCome = after === undefined || after.ended ? life : Effect.andThen(Effect.uninterruptible(Fiber.await(after.fiber)), life)
    const told = Effect.catchCause(turnCome, (cause) =>
      Cause.hasInterruptsOnly(cause)
        ? Effect.succeed(undefined)
        : Effect.map(this.host.police.clean(failureOf(Cause.squash(cause), "internal"), this.asker), (error) => {
            this.tellEnd(error)
            return error
          }),
    )
    return Effect.ignoreCause(Effect.onExit(told, (exit) => this.part(Exit.isSuccess(exit) ? exit.value : undefined)))
  }

  /** Workspace and driver come up. */
  private begin(open: Open): Effect.Effect<void, Failure> {
    return Effect.gen({ self: this }, function* () {
      const { host, session, declared } = this
      const driver = resolveDriver(host.drivers, declared.driver)
      const { permissions } = declared
      const asks = "plugin" in driver && driver.plugin.capabilities.permission && permissions !== "bypass"
      const judged = yield* judgeStart(host, session, declared, asks)
      this.decided = judged?.decisions
      if (judged?.denied !== undefined) return yield* Effect.fail<Failure>({ kind: "policy_denied", message: judged.denied })
      const env = environmentOf(host, session, declared)
      this.making = new AbortController()
      const workspace = yield* host.places.acquire(session, declared, open.from, { env, signal: this.making.signal })
      this.making = undefined
      if ("kind" in driver) return yield* Effect.fail(driver)
      this.hiding = host.police.hidden === undefined ? undefined : makeHiding(host.police.hidden)
      const handle = yield* openDriver({
        run: host.run,
        session,
        declared,
        driver,
        env,
        workspace,
        tools: this.keeper.gate,
        resume: open.resume,
        blame: this.blame("open"),
        scope: () => (this.scope ??= Scope.makeUnsafe()),
        late: (late) => void host.fork(closeDriver(late)),
      })
      this.handle = handle
      this.opened = true
      const { path, branch } = workspace
      const { queuedInput: takesMessages, cancelTurn: cancelsTurns, permission } = handle.capabilities ?? driver.plugin.capabilities
      this.screen = makeScreen(host.police, { ...this.asker, workspace: path }, permission && permissions !== "bypass")
      this.cancelsTurns = cancelsTurns
      void host.post({
        type: "session.opened",
        session,
        ...told(this.decided),
        takesMessages,
        cancelsTurns,
        workspace: { path, ...(branch === undefined ? {} : { branch }) },
      })
      this.frames.open(handle)
    })
  }

  /** Hears the agent until it falls silent for good, which no agent may. */
  private listen(): Effect.Effect<never, Failure> {
    const { handle } = this
    if (handle === undefined) return fellSilent
    return Effect.andThen(
      Effect.mapError(
        readAgent(handle.events, (event) => this.hearHidden(event)),
        (cause) => failureOf(cause, this.blame("events")),
      ),
      fellSilent,
    )
  }

  private hearHidden(event: DriverEvent): Promise<void> | undefined {
    const { hiding } = this
    if (hiding === undefined) return this.hear(event)
    return hiding
      .pass(event)
      .reduce<Promise<void> | undefined>((before, one) => (before === undefined ? this.hear(one) : before.then(() => this.hear(one))), undefined)
  }

  /** What the agent says becomes facts. A promise: the next event has to wait for it. */
  private hear(event: DriverEvent): Promise<void> | undefined {
    const { host, session, turn, screen } = this
    switch (event.type) {
      case "agent":
        if (turn === undefined) return undefined
        if (screen !== undefined) return this.screened(screen.event(event.event)).then(async (screened) => void (await this.pass(screened)))
        return host.post({ type: "agent.said", session, ...turn, event: event.event })
      case "session.handle":
        this.resume = event.resume
        return host.post({ type: "session.handle", session, resume: event.resume })
      case "turn.ended":
        if (turn === undefined) return undefined
        if (screen === undefined) return this.end(event, turn.turn)
        return this.screened(screen.end(event)).then(async (screened) => {
          if (await this.pass(screened)) await this.end(screened.ended, turn.turn, screened.decisions)
        })
    }
  }

  private screened<A>(look: Effect.Effect<A>): Promise<A> {
    this.screening ??= new AbortController()
    return this.host.promise(look, this.screening)
  }

  /** What policies let pass becomes facts; what they do not ends the turn. Says whether the turn goes on. */
  private async pass({ passed, denied, decisions }: Screened): Promise<boolean> {
    for (const one of passed) {
      if (this.turn === undefined) return false
      await this.host.post({ type: "agent.said", session: this.session, ...this.turn, event: one.event, ...told(one.decisions) })
    }
    if (denied === undefined) return this.turn !== undefined
    await this.failTurn({ kind: "policy_denied", message: denied }, decisions)
    return false
  }

  private async end(event: TurnEnd, number: number, decisions?: ReadonlyArray<Decision>): Promise<void> {
    const { places } = this.host
    try {
      const work = await places.snapshot(this.session, `fleetwright: ${this.session}, turn ${number}`)
      for (const clash of await places.clashes(this.session)) await this.tellClash(clash, false)
      await this.endTurn(event, work, decisions)
    } catch (cause) {
      await this.failTurn(failureOf(cause, "workspace_error"), decisions)
    }
  }

  private endTurn(
    end: TurnEnd | { readonly end: { readonly error: Failure } },
    work: { readonly branch?: string; readonly commit?: string } = {},
    decisions?: ReadonlyArray<Decision>,
  ): Promise<void> | undefined {
    const { session, turn: ended, resume } = this
    if (ended === undefined) return undefined
    this.turn = undefined
    this.keeper.end()
    const { turn, attempt } = ended
    return this.host.post({
      ...end,
      type: "turn.ended",
      session,
      turn,
      attempt,
      ...told(decisions),
      ...work,
      ...(resume === undefined ? {} : { resume }),
    })
  }

  private failTurn(error: Failure, decisions?: ReadonlyArray<Decision>): Promise<void> | undefined {
    return this.endTurn({ end: { error } }, undefined, decisions)
  }

  /** As a policy's denial: in the journal with its reason. Between turns there is nothing that it would belong to. */
  private tellRefused({ fault, message }: CapabilityDenied): void {
    const { session, turn } = this
    if (turn === undefined) return
    const decision: Decision = { boundary: "tool", session, pack: "capability", effect: "deny", reasons: [fault] }
    const event = { kind: "cap.error", code: "capability_denied", message, retryable: false }
    void this.host.post({ type: "agent.said", session, ...turn, event, decisions: [decision] })
  }

  private tellClash({ other, files }: Clash, refused: boolean): Promise<void> | undefined {
    return this.host.post({ type: "workspace.clashed", session: this.session, other, files, refused })
  }

  /** The prompt waits until the workspace has the newest work of who asks. */
  private async takeIn(branches: ReadonlyArray<string>): Promise<void> {
    this.frames.hold()
    try {
      for (const branch of branches) {
        const clash = await this.host.places.takeIn(this.session, branch)
        if (clash !== undefined) await this.tellClash(clash, true)
      }
    } catch (cause) {
      this.frames.drop()
      void this.failTurn(failureOf(cause, "workspace_error"))
    }
    this.frames.letGo()
  }

  /** How a life ended, said once: refused before it was open, else the turn that ran, or is about to, and then the closing. */
  private tellEnd(error: Failure): void {
    if (!this.opened) return
    if (this.turn === undefined && error.kind !== "agent_exited") this.broke = error
    else void this.failTurn(error)
  }

  /** The driver stops, the workspace is given back when nobody needs it, and the machine hears of it, whatever goes wrong on the way. */
  private part(error: Failure | undefined): Effect.Effect<void> {
    const { scope } = this
    const stopped = scope === undefined ? this.stopDriver() : Effect.andThen(this.stopDriver(), Effect.ignoreCause(Scope.close(scope, Exit.void)))
    return Effect.andThen(
      stopped,
      Effect.suspend(() => {
        if (this.closing !== "release") return Effect.sync(() => this.tellGone(error))
        return Effect.map(this.host.places.release(this.session), () => this.tellGone(error))
      }),
    )
  }

  private stopDriver(): Effect.Effect<void> {
    this.over = true
    this.frames.close()
    const { handle } = this
    this.handle = undefined
    this.screen = undefined
    this.screening?.abort()
    return handle === undefined ? Effect.void : closeDriver(handle)
  }

  private tellGone(error: Failure | undefined): void {
    const { host, session, closing } = this
    this.ended = true
    if (!this.opened && closing === undefined && error !== undefined) void host.post({ type: "session.refused", session, error, ...told(this.decided) })
    else void host.post({ type: "session.closed", session, ...(error === undefined || closing !== undefined ? {} : { error }) })
  }
}

const told = (decisions: ReadonlyArray<Decision> | undefined): { readonly decisions?: ReadonlyArray<Decision> } =>
  decisions === undefined || decisions.length === 0 ? {} : { decisions }
