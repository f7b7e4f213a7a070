/**
 * What a check takes over from the one before it, for whoever checks one file after every keystroke: statements of rules whose text is the
 * same, types that are written the same, and what was found out about a net that is the same. Nothing of it depends on anything else, so a check
 * with a memory says what a check without one says.
 */
import type { OutputType } from "../check/model.ts"
import { explore } from "../check/soundness/explore.ts"
import type { SoundnessFacts } from "../check/soundness/facts.ts"
import { worstCaseOf, type WorstCase } from "../ir/index.ts"
import { KnownSessions } from "../document/known-sessions.ts"
import type { Lowered } from "../lower/lower.ts"
import { KnownEntries } from "../source/known-entries.ts"
import { KnownRules } from "./known-rules.ts"
import { LoweredSessions } from "./lowered-sessions.ts"
import { Recent } from "./recent.ts"
import { isSameNet } from "./same-net.ts"
import { Statements } from "./statements.ts"

/** What a net says of itself, whatever stands in its prompts. */
export interface NetFacts {
  readonly soundness: SoundnessFacts
  readonly worst: WorstCase
}

export const factsOf = (lowered: Lowered): NetFacts => ({ soundness: explore(lowered), worst: worstCaseOf(lowered) })

export class Memory {
  readonly entries = new KnownEntries()
  readonly sessions = new KnownSessions()
  readonly statements = new Statements()
  readonly rules = new KnownRules()
  readonly lowered = new LoweredSessions()
  readonly types = new Recent<string, OutputType>()
  #net: { readonly lowered: Lowered; readonly facts: NetFacts } | undefined

  /** `lowered` without places in the file. */
  factsOf(lowered: Lowered): NetFacts {
    const known = this.#net
    const facts = known !== undefined && isSameNet(known.lowered, lowered) ? known.facts : factsOf(lowered)
    // the newest, so that its parts are the very ones that come again
    this.#net = { lowered, facts }
    return facts
  }

  /** A check is over. */
  turn(): void {
    this.statements.turn()
    this.types.turn()
  }
}
