/**
 * What the packs say of one thing at one boundary, in the order declared: the first `deny` is final, each redaction is done before the next pack
 * looks, `ask` and `allow` are for the machine to weigh. A pack that fails, takes too long or answers nonsense denies, and so does one that asks or
 * redacts where nobody can be asked or nothing can be redacted. After a denial the others still redact: what was denied is shown.
 */
import * as Effect from "effect/Effect"
import { policyEffects, type Boundary, type PolicyContext, type PolicyEffect, type PolicyPayload } from "#sdk"
import { settle } from "../engine/plugin-calls.ts"
import type { Decision } from "../machine/protocol.ts"
import type { AnyPolicyPack } from "../engine/run.ts"
import { redact } from "./patch.ts"

export interface Pack {
  readonly name: string
  /** Absent: there is no such pack, so everything is denied. */
  readonly pack?: AnyPolicyPack
  readonly config: never
}

export interface Judgement {
  readonly decisions: ReadonlyArray<Decision>
  /** What may pass, or be shown of what may not: nothing when a pack failed that might have hidden something. */
  readonly payload: PolicyPayload
  /** Why nothing may pass. */
  readonly denied?: string
}

const defaultTimeoutMs = 5000
const longestTimeoutMs = 60_000
const mostReasons = 20
const longestReason = 500

export const looksAt = ({ pack }: Pack, boundary: Boundary): boolean => pack === undefined || pack.boundaries.includes(boundary)

const what: { readonly [boundary in Boundary]: string } = {
  prompt: "the prompt",
  tool: "the tool",
  route: "the delivery",
  spawn: "the start of the session",
  output: "what the agent said",
  artifact: "the artifact",
}

/** Never fails. */
export const judge = (
  packs: ReadonlyArray<Pack>,
  boundary: Boundary,
  given: PolicyPayload,
  context: Omit<PolicyContext<never>, "config">,
): Effect.Effect<Judgement> =>
  Effect.gen(function* () {
    const decisions: Array<Decision> = []
    let payload = given
    let denied: string | undefined
    for (const one of packs) {
      if (!looksAt(one, boundary)) continue
      const answer = yield* ask(one, boundary, payload, context)
      if (answer === undefined) continue
      const applied = apply(boundary, payload, answer)
      payload = applied.payload
      // once denied only what is hidden matters
      if (denied !== undefined && applied.effect !== "redact") continue
      const { effect, reasons } = applied
      decisions.push({ boundary, ...(context.session === undefined ? {} : { session: context.session }), pack: one.name, effect, reasons })
      if (effect === "deny") denied = `policy "${one.name}" denies ${what[boundary]}${reasons.length === 0 ? "" : `: ${reasons.join("; ")}`}`
    }
    return { decisions, payload, ...(denied === undefined ? {} : { denied }) }
  })

const redactable: ReadonlySet<Boundary> = new Set(["prompt", "tool", "output", "artifact"])

const apply = (
  boundary: Boundary,
  payload: PolicyPayload,
  { effect, reasons, patches, broken }: Answer,
): Pick<Judgement, "payload"> & Pick<Answer, "effect" | "reasons"> => {
  const refused = (reason: string, shown: PolicyPayload) => ({ effect: "deny", reasons: [...reasons, reason], payload: shown }) as const
  if (broken === true) return { effect, reasons, payload: {} }
  if (effect === "ask" && boundary !== "tool") return refused("nobody can be asked about it", payload)
  if (effect !== "redact") return { effect, reasons, payload }
  if (!redactable.has(boundary)) return refused("nothing of it can be hidden", payload)
  const patched = redact(payload, patches)
  return patched === undefined ? refused("its redaction does not apply", {}) : { effect, reasons, payload: patched }
}

interface Answer {
  readonly effect: PolicyEffect
  readonly reasons: ReadonlyArray<string>
  readonly patches?: unknown
  /** The pack did not answer as it should have. */
  readonly broken?: boolean
}

const ask = (
  { pack, config }: Pack,
  boundary: Boundary,
  payload: PolicyPayload,
  context: Omit<PolicyContext<never>, "config">,
): Effect.Effect<Answer | undefined> => {
  if (pack === undefined) return Effect.succeed(refusal("there is no such pack"))
  const ms = Math.min(pack.timeoutMs ?? defaultTimeoutMs, longestTimeoutMs)
  // a pack must not change what others look at
  return Effect.scoped(settle<unknown>(() => pack.decide(boundary, structuredClone(payload), { ...context, config }), "policy_denied")).pipe(
    Effect.map(read),
    Effect.timeoutOrElse({ duration: ms, orElse: () => Effect.succeed(refusal(`it takes longer than ${ms} ms`)) }),
    // what it threw may quote what is to be hidden
    Effect.catchCause(() => Effect.succeed(refusal("it failed"))),
  )
}

const refusal = (reason: string): Answer => ({ effect: "deny", reasons: [reason], broken: true })
const nonsense = refusal("its answer is no decision")

const read = (answer: unknown): Answer | undefined => {
  if (answer === undefined || answer === null) return undefined
  if (typeof answer !== "object" || !("effect" in answer)) return nonsense
  const effect = policyEffects.find((one) => one === answer.effect)
  const reasons: unknown = "reasons" in answer ? (answer.reasons ?? []) : []
  if (effect === undefined || !Array.isArray(reasons)) return nonsense
  const texts = reasons
    .filter((reason): reason is string => typeof reason === "string")
    .slice(0, mostReasons)
    .map((reason) => reason.slice(0, longestReason))
  return { effect, reasons: texts, ...("patches" in answer ? { patches: answer.patches } : {}) }
}
