/** Failures with a kind the engine knows. */
import type { FailureKind } from "#ir"
import type { DriverFailure } from "./driver.ts"

/** An error that says what kind of failure it is; `failure` makes one to throw. */
export class FleetFailure extends Error implements DriverFailure {
  override readonly name = "FleetFailure"
  readonly kind: FailureKind
  constructor(kind: FailureKind, message: string) {
    super(message)
    this.kind = kind
  }
}

/** To throw. */
export const failure = (kind: FailureKind, message: string): FleetFailure => new FleetFailure(kind, message)

/** To send as the `error` of `turn.ended`: plain data, because the message of an `Error` does not survive as JSON. */
export const failed = (kind: FailureKind, message: string): DriverFailure => ({ kind, message })
