/** What people say to a run, as policies let it be written down. What they do not is written down as what was decided, without the words. */
import * as Effect from "effect/Effect"
import type { Decision, Rejection } from "../machine/protocol.ts"
import type { Asker, Police } from "../policy/police.ts"
import type { FactBody } from "./run.ts"

/** `refusal`: the answer to who said it, when the fact is only that it was refused. */
export interface Cleared {
  readonly fact: FactBody
  readonly refusal?: Rejection
}

const withDecisions = (decisions: ReadonlyArray<Decision>): { readonly decisions?: ReadonlyArray<Decision> } => (decisions.length === 0 ? {} : { decisions })

/** Whether there is anything to look at: most commands carry no words. */
export const mustBeCleared = (police: Police, fact: FactBody): boolean =>
  (fact.type === "user.sent" || fact.type === "reply") && (police.hidden !== undefined || police.policed.includes("prompt"))

const askerOf = (session: string | undefined): Asker => (session === undefined ? {} : { session, declared: session.replace(/\[\d+\]$/, "") })

const refused = (message: string, decisions: ReadonlyArray<Decision>, session?: string): Cleared => ({
  fact: { type: "command.refused", reason: message, ...(session === undefined ? {} : { session }), ...withDecisions(decisions) },
  refusal: { code: "policy_denied", message },
})

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
  if (fact.type !== "reply") return Effect.succeed({ fact })
  return Effect.map(police.clear(fact.value, askerOf(asks(fact.request))), (cleared) =>
    "denied" in cleared ? refused(cleared.denied, cleared.decisions) : { fact: { ...fact, value: cleared.value, ...withDecisions(cleared.decisions) } },
  )
}
