/** Something rules can be about, with what its tokens carry. */
import type { FailureKind, Json, SessionEvent } from "#ir"
import type { Failure } from "./protocol.ts"
import type { Transition } from "./transition.ts"

export type Occurrence =
  | { readonly source: "session"; readonly session: string; readonly declared: string; readonly event: SessionEvent; readonly carried: Carried }
  | { readonly source: "idle"; readonly session: string; readonly declared: string; readonly ms: number }
  | { readonly source: "gate"; readonly gate: string; readonly event: "approved" | "rejected" | "expired" }
  | { readonly source: "human" }
  | { readonly source: "fleet" }
  | { readonly source: "budget"; readonly percent: number }
  | { readonly source: "every"; readonly ms: number }
  /** A fan-out opened a batch. */
  | { readonly source: "batch"; readonly declared: string; readonly instances: ReadonlyArray<string> }

/** The result of the activation that a token stands for. */
export interface Carried {
  readonly text?: string
  readonly output?: Json
  readonly error?: Failure
  readonly kind?: FailureKind
  /** Key in `State.failures` when the token stands for a failure. */
  readonly failure?: string
}

export const occurSession = (step: Transition, id: string, event: SessionEvent, carried: Carried): void => {
  const declared = step.session(id)?.declared
  if (declared !== undefined) step.occurrences.push({ source: "session", session: id, declared, event, carried })
}
