/** What people say to a run, as policies let it be written down. */
import * as Effect from "effect/Effect"
import type { Decision, Rejection } from "../machine/protocol.ts"
import type { Police } from "../policy/police.ts"
import type { FactBody } from "./run.ts"

export type Cleared = { readonly fact: FactBody } | { readonly rejection: Rejection }

const withDecisions = (decisions: ReadonlyArray<Decision>): { readonly decisions?: ReadonlyArray<Decision> } => (decisions.length === 0 ? {} : { decisions })

/** Whether there is anything to look at: most commands carry no words. */
export const mustBeCleared = (police: Police, fact: FactBody): boolean =>
  (fact.type === "user.sent" || fact.type === "reply") && (police.hidden !== undefined || police.policed.includes("prompt"))

export const clearCommand = (police: Police, fact: FactBody): Effect.Effect<Cleared> => {
  if (fact.type === "user.sent") {
    const asker = { session: fact.session, declared: fact.session.replace(/\[\d+\]$/, "") }
    return Effect.map(police.clear(fact.text, asker), (cleared) =>
      "denied" in cleared || typeof cleared.value !== "string"
        ? { rejection: { code: "policy_denied", message: "denied" in cleared ? cleared.denied : "a policy left nothing of the message" } }
        : { fact: { ...fact, text: cleared.value, ...withDecisions(cleared.decisions) } },
    )
  }
  if (fact.type !== "reply") return Effect.succeed({ fact })
  return Effect.map(police.clear(fact.value, {}), (cleared) =>
    "denied" in cleared
      ? { rejection: { code: "policy_denied", message: cleared.denied } }
      : { fact: { ...fact, value: cleared.value, ...withDecisions(cleared.decisions) } },
  )
}
