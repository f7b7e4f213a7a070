import { didYouMean, quotedList, suggest } from "../diagnostics/index.ts"
import { dslWords } from "../routes/tokens.ts"
import type { MapEntry } from "../source/model.ts"
import { mergeSettings } from "./merge-settings.ts"
import type { SessionDeclaration, SessionSettings } from "./model.ts"
import { checkAddress, runnerKeys } from "./read-runner.ts"
import { readSettings, sessionKeys } from "./read-settings.ts"
import type { Problems } from "./section.ts"

/** `sessions`: id to session, each as `read` reads it. */
export const readSessions = (
  entry: MapEntry,
  problems: Problems,
  most: number,
  read: (session: MapEntry) => SessionDeclaration,
): ReadonlyArray<SessionDeclaration> | undefined => {
  if (entry.value.kind !== "map") return problems.wrongType(entry, "a map of sessions")
  const { entries } = entry.value
  if (entries.length === 0) return problems.report("invalid-value", entry.value.span, { what: '"sessions"', value: "{}", expected: "at least one session" })
  if (entries.length > most) problems.report("limit-exceeded", entry.key, { what: "sessions", found: entries.length, limit: most })
  return entries.map(read)
}

/** A session over `defaults`. One with a bad id is reported and kept, so that later stages see the rest of it. */
export const readSession = (entry: MapEntry, defaults: SessionSettings, problems: Problems): SessionDeclaration => {
  checkId(entry, problems)
  const title = `session "${entry.name}"`
  const { value } = entry
  if (value.kind !== "map" && value.kind !== "null") problems.wrongType(entry, "a map")
  const own: SessionSettings = value.kind === "map" ? readSettings(title, value, problems, false) : { driverKeys: [] }
  const settings = mergeSettings(forOthers(defaults, entry.name), own)
  const unread = settings.runner === undefined ? own.driverKeys.filter(({ name }) => suggest(name, runnerKeys) !== undefined) : []
  for (const { name, key } of unread)
    problems.report("unknown-key", key, { key: name, section: title, expected: quotedList(sessionKeys) }, didYouMean(name, key, runnerKeys))
  const tried = value.kind === "map" && value.entries.some(({ name }) => runnerKeys.some((key) => key === name))
  if (settings.runner === undefined && !tried && unread.length === 0 && (value.kind === "map" || value.kind === "null"))
    problems.report("missing-key", entry.key, { section: title, key: "driver" }, { help: 'or "agent", or "manifest", or a driver in "defaults"' })
  checkAddress(settings, problems)
  const known = { ...settings, driverKeys: settings.driverKeys.filter((key) => !unread.includes(key)) }
  return { id: { value: entry.name, span: entry.key }, span: value.kind === "map" ? value.span : entry.key, settings: known }
}

/** A session that the defaults name is meant for the others: it neither compensates itself nor starts from itself. */
const forOthers = (defaults: SessionSettings, id: string): SessionSettings => {
  const { from, compensate, ...rest } = defaults
  return { ...rest, ...(from !== undefined && from.value !== id && { from }), ...(compensate !== undefined && compensate.value !== id && { compensate }) }
}

const sessionIdForm = /^[A-Za-z0-9_][A-Za-z0-9_-]*$/

/** Whether a session may be called so. */
export const isSessionId = (name: string): boolean => sessionIdForm.test(name) && !reservedIds.has(name)

const checkId = ({ name, key }: MapEntry, problems: Problems): void => {
  if (!sessionIdForm.test(name)) problems.report("invalid-value:session-id", key, { id: name })
  else if (reservedIds.has(name)) problems.report("invalid-value:reserved-id", key, { id: name })
}

/** Words that only ever stand where no session can: CAP fleets call sessions like this, and nothing is ambiguous. */
const harmlessWords: ReadonlySet<string> = new Set(["of", "from", "with", "by", "subtask", "max", "then", "after", "limit", "fresh", "priority"])

export const reservedIds: ReadonlySet<string> = new Set([...[...dslWords].filter((name) => !harmlessWords.has(name)), "inputs"])
