/** Commits of work that no turn ended with, until they are in the journal: a place may be given back when the run has ended and its machine stands still. */
import type { Fact } from "../machine/protocol.ts"
import type { HeldPlaces } from "./held-places.ts"
import type { Committed } from "./places.ts"
import type { FactBody } from "./run.ts"

export interface LateWork {
  readonly note: (work: Committed) => void
  /** It is written down. */
  readonly written: (fact: Fact) => void
  /** What is not, as facts. */
  readonly left: () => ReadonlyArray<FactBody>
}

/** `held`: of a former life, with the commits that were written down then. `post` is told at once. */
export const makeLateWork = (held: HeldPlaces | undefined, post: (fact: FactBody) => void): LateWork => {
  const known = new Map([...(held ?? [])].map(([session, { commit }]) => [session, commit] as const))
  const waiting = new Map<string, FactBody>()
  return {
    note: (work) => {
      if (known.get(work.session) === work.commit) return
      const fact: FactBody = { type: "workspace.committed", ...work }
      waiting.set(work.session, fact)
      post(fact)
    },
    written: (fact) => {
      if ((fact.type !== "turn.ended" && fact.type !== "workspace.committed") || fact.commit === undefined) return
      known.set(fact.session, fact.commit)
      if (fact.type === "workspace.committed") waiting.delete(fact.session)
    },
    left: () => [...waiting.values()],
  }
}
