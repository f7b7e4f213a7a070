/** What the events of a join speak of: a session, a gate, or one of the run's own. */
import { didYouMean, diagnose, quotedList, type Diagnostic } from "../diagnostics/index.ts"
import { isSessionId } from "../document/index.ts"
import { failureKinds } from "../ir/model.ts"
import type { Name, NamedEvent } from "../routes/index.ts"
import type { Symbols } from "./model.ts"
import { gateEvents, oneOfThem, sessionEvents } from "./vocabulary.ts"

const ownEvents: { readonly [subject: string]: ReadonlyArray<string> } = { human: ["selected"], fleet: ["started"], budget: ["reached"] }

export const checkEvent = (event: NamedEvent, symbols: Symbols): ReadonlyArray<Diagnostic> => {
  const { subject } = event
  // a gate of a session's name is one mistake, told where it is opened
  if (symbols.sessions.has(subject.text) && symbols.gates.has(subject.text) && oneOfThem(event.event.text, gateEvents) !== undefined) return []
  if (symbols.sessions.has(subject.text)) return [...checkWord(event, eventsOfSessions), ...checkKinds(event)]
  if (symbols.gates.has(subject.text)) return [...checkWord(event, gateEvents), ...noKinds(event, gateEvents)]
  const own = Object.hasOwn(ownEvents, subject.text) ? ownEvents[subject.text] : undefined
  if (own !== undefined) return [...checkWord(event, own), ...noKinds(event, own)]
  // a gate of a rule that could not be read
  if (symbols.lost.has(subject.text)) return checkWord(event, gateEvents)
  if (oneOfThem(event.event.text, gateEvents) === undefined) return [unknownSession(subject, symbols.sessions)]
  const gates = [...symbols.gates.keys()]
  if (gates.length === 0)
    return [
      diagnose("unknown-name", subject.span, { name: subject.text }, { help: `no rule opens a gate: write for example -> gate ${subject.text} "Go on?"` }),
    ]
  const more = didYouMean(subject.text, subject.span, gates)
  return [diagnose("unknown-name:expected", subject.span, { what: "gate", name: subject.text, expected: quotedList(gates) }, more)]
}

const eventsOfSessions = [...sessionEvents, "idle"]

const checkWord = ({ subject, event }: NamedEvent, legal: ReadonlyArray<string>): ReadonlyArray<Diagnostic> => {
  if (legal.includes(event.text)) return []
  const expected = quotedList(legal, true)
  return [diagnose("unknown-event", event.span, { name: event.text, owner: `"${subject.text}"`, expected }, didYouMean(event.text, event.span, legal))]
}

const checkKinds = ({ event, kinds }: NamedEvent): ReadonlyArray<Diagnostic> => {
  if (event.text === "failed" || !oneOfThem(event.text, sessionEvents)) return kinds.flatMap(checkFailureKind)
  return noKinds({ event, kinds }, sessionEvents)
}

/** A word that is none of the `legal` ones has been told already. */
const noKinds = ({ event, kinds }: Pick<NamedEvent, "event" | "kinds">, legal: ReadonlyArray<string>): ReadonlyArray<Diagnostic> =>
  legal.includes(event.text)
    ? kinds.slice(0, 1).map(({ span }) => diagnose("dsl-syntax", span, { problem: `only "failed" takes kinds, "${event.text}" has none` }))
    : []

export const checkFailureKind = ({ text, span }: Name): ReadonlyArray<Diagnostic> =>
  oneOfThem(text, failureKinds) === undefined
    ? [diagnose("unknown-failure-kind", span, { name: text, expected: quotedList(failureKinds) }, didYouMean(text, span, failureKinds))]
    : []

/** `more`: words that may stand there besides sessions. */
export const unknownSession = (name: Name, sessions: ReadonlySet<string>, more: ReadonlyArray<string> = []): Diagnostic => {
  // an id that was refused is no name
  const legal = [...[...sessions].filter(isSessionId), ...more]
  return diagnose("unknown-session", name.span, { name: name.text, expected: quotedList(legal) }, didYouMean(name.text, name.span, legal))
}
