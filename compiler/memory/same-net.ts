/** Whether two fleets, lowered without places, are one net: they differ in nothing but words that are sent or shown. */
import type { Session } from "../ir/index.ts"
import type { Lowered } from "../lower/lower.ts"
import { isSame } from "./is-same.ts"

export const isSameNet = (one: Lowered, other: Lowered): boolean =>
  one.sessions.length === other.sessions.length &&
  one.sessions.every((session, at) => isSameSession(session, other.sessions[at])) &&
  isSame(one.rules, other.rules, words) &&
  asTheyAre.every((part) => isSame(one[part], other[part]))

const isSameSession = (one: Session, other: Session | undefined): boolean =>
  one === other || (other !== undefined && isSame(withoutWords(one), withoutWords(other)))

const withoutWords = ({ role: _role, systemPrompt: _prompt, ...rest }: Session): object => rest

const asTheyAre = ["lets", "inputs", "start", "plugins", "mode", "budget", "limits"] as const

/** Of rules: prompts, notices, questions and reasons, which bounds and what can happen do not depend on. */
const words: ReadonlySet<string> = new Set(["prompt", "text", "reason"])
