/** Under `--headless`: what may open a request that nobody is there to answer (language.md 5). */
import { diagnose, type Diagnostic, type Span } from "../diagnostics/index.ts"
import type { FleetDocument } from "../document/index.ts"
import { driverOf, knownDrivers } from "./drivers.ts"
import type { DriverDescription } from "./builtin-plugins.ts"
import type { ParsedFleet, Symbols } from "./model.ts"
import { mayComeAbout } from "./reachability.ts"
import { actionsOf, namedEventsOf } from "./walk.ts"

/** Told once where it is written. `allow` and `bypass` ask only at high risk, which no file can tell; such a request is declined. */
export const nobodyToAsk = (fleet: ParsedFleet, symbols: Symbols, loaded: ReadonlyArray<DriverDescription>): ReadonlyArray<Diagnostic> => {
  // who never starts asks nobody
  const may = mayComeAbout(fleet, symbols)
  return [...permissions(fleet.document, loaded, may), ...openings(fleet, may)]
}

const openings = (fleet: ParsedFleet, may: (name: string) => boolean): ReadonlyArray<Diagnostic> => {
  const expiries = fleet.rules.flatMap(({ triggers }) => triggers.flatMap(({ join }) => namedEventsOf(join))).filter(({ event }) => event.text === "expired")
  const heard = new Set(expiries.map(({ subject }) => subject.text))
  return fleet.rules.flatMap((rule) =>
    actionsOf(rule).flatMap((action) => {
      switch (action.kind) {
        case "gate":
          // its time passes without anybody, and the fleet says what follows
          return !may(action.name.text) || (action.within !== undefined && heard.has(action.name.text))
            ? []
            : [
                nobody(
                  action.name.span,
                  `the gate "${action.name.text}"`,
                  "say what happens without an answer (within … and a rule on its expired event), or run it where somebody is",
                ),
              ]
        case "select":
          return [nobody(action.span, "this selection", "let a rule choose, or run it where somebody is")]
        case "pause":
          return [nobody(action.span, "this pause", "nobody resumes the run: say fail instead, or notify")]
        default:
          return []
      }
    }),
  )
}

const permissions = (document: FleetDocument, loaded: ReadonlyArray<DriverDescription>, may: (name: string) => boolean): ReadonlyArray<Diagnostic> => {
  const known = knownDrivers(loaded)
  const asking = new Map<object, { readonly span: Span; readonly sessions: Array<string> }>()
  for (const { id, settings } of document.sessions) {
    const mode = settings.permissions ?? document.permissions
    const driver = settings.runner && driverOf(settings.runner, known)
    if (mode.value !== "ask" || driver?.asks === false || !may(id.value)) continue
    const before = asking.get(mode)
    if (before === undefined) asking.set(mode, { span: mode.span, sessions: [id.value] })
    else before.sessions.push(id.value)
  }
  return [...asking.values()].map(({ span, sessions }) => {
    const names = sessions
      .slice(0, 3)
      .map((name) => `"${name}"`)
      .join(", ")
    return nobody(
      span,
      `${sessions.length === 1 ? "session" : "sessions"} ${names}${sessions.length > 3 ? ` and ${sessions.length - 3} more` : ""}`,
      "say permissions: deny, or permissions: allow with policies that say what is fine",
    )
  })
}

const nobody = (span: Span, what: string, help: string): Diagnostic => diagnose("nobody-to-ask", span, { what }, { help })
