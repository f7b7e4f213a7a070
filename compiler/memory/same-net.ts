/** Whether two fleets, lowered without places, are one net: they differ in nothing but words that are sent or shown. */
import type { Lowered } from "../lower/lower.ts"
import { isSame } from "./is-same.ts"

export const isSameNet = (one: Lowered, other: Lowered): boolean =>
  isSame(one.sessions.map(withoutWords), other.sessions.map(withoutWords)) &&
  isSame(one.rules, other.rules, words) &&
  asTheyAre.every((part) => isSame(one[part], other[part]))

const withoutWords = ({ role: _role, systemPrompt: _prompt, ...rest }: Lowered["sessions"][number]): object => rest

const asTheyAre = ["lets", "inputs", "start", "plugins", "mode", "budget"] as const

/** Of rules: prompts, notices, questions and reasons, which bounds and what can happen do not depend on. */
const words: ReadonlySet<string> = new Set(["prompt", "text", "reason"])
