/** What goes to a driver: one frame at a time, in order, at once when the driver takes it at once. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type { DriverHandle, Frame } from "#sdk"
import type { Blame } from "./failure.ts"
import { settle } from "./plugin-calls.ts"
import type { SessionHost } from "./session-host.ts"

export class FrameQueue {
  private readonly fork: SessionHost["fork"]
  private readonly blame: Blame
  private readonly failed: (cause: unknown) => Effect.Effect<void>
  private readonly frames: Array<Frame> = []
  private handle: DriverHandle | undefined
  private sending = false
  private held = false

  /** `failed`: what follows when the driver does not take a frame. */
  constructor(fork: SessionHost["fork"], blame: Blame, failed: (cause: unknown) => Effect.Effect<void>) {
    this.fork = fork
    this.blame = blame
    this.failed = failed
  }

  put(frame: Frame): void {
    this.frames.push(frame)
    this.pump()
  }

  /** From here on frames go there; what came before goes first. */
  open(handle: DriverHandle): void {
    this.handle = handle
    this.pump()
  }

  /** Nothing more goes to the driver. */
  close(): void {
    this.handle = undefined
  }

  /** Frames wait. */
  hold(): void {
    this.held = true
  }

  letGo(): void {
    this.held = false
    this.pump()
  }

  /** What waits is not sent any more. */
  drop(): void {
    this.frames.length = 0
  }

  private pump(): void {
    while (this.handle !== undefined && !this.sending && !this.held) {
      const frame = this.frames.shift()
      if (frame === undefined) return
      let answer: ReturnType<DriverHandle["send"]>
      try {
        answer = this.handle.send(frame)
      } catch (error) {
        this.fork(this.failed(error))
        continue
      }
      if (answer === undefined) continue
      this.sending = true
      this.fork(
        Effect.scoped(settle<void>(() => answer, this.blame)).pipe(
          Effect.catchCause((cause) => this.failed(Cause.squash(cause))),
          Effect.andThen(
            Effect.sync(() => {
              this.sending = false
              this.pump()
            }),
          ),
        ),
      )
    }
  }
}
