/** What people say to a run, as policies let it be written down. What they do not is written down as what was decided, without the words. */
import * as Effect from "effect/Effect"
import type { CancelReason, Decision, Rejection } from "../machine/protocol.ts"
import type { Asker, Police } from "../policy/police.ts"
import type { FactBody } from "./run.ts"

/** `refusal`: the answer to who said it, when the fact is only that it was refused. */
export interface Cleared {
  readonly fact: FactBody
  readonly refusal?: Rejection
}

const withDecisions = (decisions: ReadonlyArray<Decision>): { readonly decisions?: ReadonlyArray<Decision> } => (decisions.length === 0 ? {} : { decisions })

/** How long a command that stops something waits for packs: longer, and it goes without its words. */
const patienceMs = 100

/** What nearly everybody's reason is called. */
const plainCode = "user"

const hasWords = (fact: FactBody): boolean => {
  if (fact.type === "cancel") return fact.reason.detail !== undefined || fact.reason.code !== plainCode
  return fact.type === "user.sent" || fact.type === "reply" || (fact.type === "pause" && fact.reason !== undefined)
}

/** Whether there is anything to look at: most commands carry no words. */
export const mustBeCleared = (police: Police, fact: FactBody): boolean => hasWords(fact) && (police.hidden !== undefined || police.policed.includes("prompt"))

const askerOf = (session: string | undefined): Asker => (session === undefined ? {} : { session, declared: session.replace(/\[\d+\]$/, "") })

const refused = (message: string, decisions: ReadonlyArray<Decision>, session?: string): Cleared => ({
  fact: { type: "command.refused", reason: message, ...(session === undefined ? {} : { session }), ...withDecisions(decisions) },
  refusal: { code: "policy_denied", message },
})

interface Words {
  readonly text?: string
  readonly decisions: ReadonlyArray<Decision>
}

/** Nobody is kept from stopping something by a policy: what it does not let pass is left out. */
const wordsOf = (police: Police, text: string | undefined, asker: Asker): Effect.Effect<Words> => {
  if (text === undefined) return Effect.succeed({ decisions: [] })
  return police.clear(text, asker).pipe(
    Effect.map((cleared): Words => {
      const { decisions } = cleared
      return "denied" in cleared || typeof cleared.value !== "string" ? { decisions } : { decisions, text: cleared.value }
    }),
    Effect.timeoutOrElse({ duration: patienceMs, orElse: () => Effect.succeed<Words>({ decisions: [] }) }),
  )
}

/** Why somebody cancels, as it may be written down. */
export const clearReason = (
  police: Police,
  { code, detail }: CancelReason,
  session?: string,
): Effect.Effect<{ readonly reason: CancelReason; readonly decisions: ReadonlyArray<Decision> }> =>
  Effect.map(
    Effect.all([wordsOf(police, code === plainCode ? undefined : code, askerOf(session)), wordsOf(police, detail, askerOf(session))], { concurrency: 2 }),
    ([named, told]) => ({
      reason: { code: named.text ?? plainCode, ...(told.text === undefined ? {} : { detail: told.text }) },
      decisions: [...named.decisions, ...told.decisions],
    }),
  )

/** `asks`: the session that a request is of. */
export const clearCommand = (police: Police, fact: FactBody, asks: (request: string) => string | undefined): Effect.Effect<Cleared> => {
  if (fact.type === "user.sent") {
    const { session } = fact
    return Effect.map(police.clear(fact.text, askerOf(session)), (cleared) => {
      if ("denied" in cleared) return refused(cleared.denied, cleared.decisions, session)
      if (typeof cleared.value !== "string") return refused("a policy left nothing of the message", cleared.decisions, session)
      return { fact: { ...fact, text: cleared.value, ...withDecisions(cleared.decisions) } }
    })
  }
  if (fact.type === "cancel") {
    const { target } = fact
    return Effect.map(clearReason(police, fact.reason, target.kind === "fleet" ? undefined : target.session), ({ reason, decisions }) => ({
      fact: { ...fact, reason, ...withDecisions(decisions) },
    }))
  }
  if (fact.type === "pause")
    return Effect.map(wordsOf(police, fact.reason, {}), ({ text, decisions }) => ({
      fact: { type: "pause", ...(text === undefined ? {} : { reason: text }), ...withDecisions(decisions) },
    }))
  if (fact.type !== "reply") return Effect.succeed({ fact })
  return Effect.map(police.clear(fact.value, askerOf(asks(fact.request))), (cleared) =>
    "denied" in cleared ? refused(cleared.denied, cleared.decisions) : { fact: { ...fact, value: cleared.value, ...withDecisions(cleared.decisions) } },
  )
}
