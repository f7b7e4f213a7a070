/** A failure with a kind the engine knows; thrown, or as the `error` of `turn.ended`. */
import type { FailureKind } from "#ir"
import type { DriverFailure } from "./driver.ts"

export class FleetFailure extends Error implements DriverFailure {
  override readonly name = "FleetFailure"
  readonly kind: FailureKind
  constructor(kind: FailureKind, message: string) {
    super(message)
    this.kind = kind
  }
}

export const failure = (kind: FailureKind, message: string): FleetFailure => new FleetFailure(kind, message)
