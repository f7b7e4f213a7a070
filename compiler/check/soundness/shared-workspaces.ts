/** Sessions that may change one directory at the same time (language.md 5, shared-workspace-race): found by exploring the net for a state in which both are live. */
import { diagnose, type Diagnostic, type Replay, type Span } from "../../diagnostics/index.ts"
import type { FleetDocument, SessionDeclaration } from "../../document/index.ts"
import { canonicalValue } from "../../ir/canonical.ts"
import type { Session } from "../../ir/model.ts"
import type { ParsedFleet } from "../model.ts"
import { stateBound } from "./explore.ts"
import type { Course } from "./facts.ts"
import { coneOf, readNet, type Explored } from "./net.ts"
import { search, type Scenario } from "./search.ts"

/** A script that follows a course. */
type ReplayOf = (course: Course) => Replay | undefined

/** One message per place where a shared workspace is chosen. */
export const sharedWorkspaces = ({ document }: ParsedFleet, ir: Explored, replayOf: ReplayOf | undefined): ReadonlyArray<Diagnostic> => {
  if (document.limits.parallel.value === 1) return []
  const groups = Map.groupBy(
    ir.sessions.filter((session) => session.workspace.use === "directory" && writes(session, document)),
    ({ workspace }) => canonicalValue(workspace.with),
  )
  const declared = new Map(document.sessions.map((session) => [session.id.value, session]))
  const told = new Set<Span>()
  const pairs = new Set<string>()
  return [...groups.values()]
    .flatMap((sessions) => racesOf(sessions, ir))
    .flatMap((race) => {
      const [first, second] = race.sessions.map((id) => declared.get(id))
      if (first === undefined || second === undefined) return []
      const span = workspaceOf(second, document)
      const pair = [...race.sessions].sort().join(" ")
      if (told.has(span) || pairs.has(pair)) return []
      told.add(span)
      pairs.add(pair)
      return [toldOf(race, first, second, span, workspaceOf(first, document), replayOf)]
    })
}

const workspaceOf = ({ settings }: SessionDeclaration, document: FleetDocument): Span => (settings.workspace ?? document.workspace).use.span

/** `deny` and the pack `read-only` let an agent change nothing; a command is not asked. */
const writes = ({ permissions, policies, driver }: Session, document: FleetDocument): boolean =>
  !(permissions === "deny" && driver.use !== "shell") &&
  ![...policies.map(({ use }) => use), ...document.policies.map(({ use }) => use.value)].includes("read-only")

type Race = { readonly sessions: readonly [string, string] } & (
  | ({ readonly kind: "pair" } & Scenario)
  | { readonly kind: "instances" }
  | { readonly kind: "undecided" }
)

const racesOf = (sessions: ReadonlyArray<Session>, ir: Explored): ReadonlyArray<Race> => {
  const fanned = sessions.filter(({ id, instances }) => instances && limitOf(ir, id) !== 1).map(({ id }): Race => ({ sessions: [id, id], kind: "instances" }))
  const names = sessions.map(({ id }) => id)
  const [first, ...others] = names
  const last = others.at(-1)
  if (first === undefined || last === undefined) return fanned
  const net = readNet(ir)
  const cone = coneOf(net, { rules: [], places: names }, () => false)
  const found = search(net, cone, {
    failures: false,
    reduce: false,
    bound: Math.min(stateBound, Math.floor(mostWork / (cone.rules.length + 1))),
    once: () => false,
    watch: new Set(names),
  })
  const races = [...found.together.values()].map(({ places, scenario, course }): Race => ({ sessions: places, scenario, course, kind: "pair" }))
  return [...fanned, ...races, ...(found.complete || races.length > 0 ? [] : [{ sessions: [first, last], kind: "undecided" } as const])]
}

/** States times rules. */
const mostWork = 1_000_000

const limitOf = ({ rules }: Explored, session: string): number | undefined => {
  const limits = rules.flatMap(({ cases }) => cases.flatMap(({ action }) => (action.kind === "for" && action.send.to.includes(session) ? [action.limit] : [])))
  return limits.length > 0 && limits.every((limit) => limit === 1) ? 1 : undefined
}

const help = "give each a workspace of its own (workspace: git-worktree), or let one run after the other"

const toldOf = (race: Race, first: SessionDeclaration, second: SessionDeclaration, span: Span, other: Span, replayOf: ReplayOf | undefined): Diagnostic => {
  const [a, b] = race.sessions
  const workspace = "directory"
  if (race.kind === "instances")
    return diagnose(
      "shared-workspace-race:instances",
      span,
      { session: a, workspace },
      { help: "give each a workspace of its own (workspace: git-worktree), or say limit 1" },
    )
  if (race.kind === "undecided") return diagnose("shared-workspace-race:undecided", span, { workspace, bound: "too many states" }, { severity: "info" })
  const { scenario, course } = race
  const related =
    other === span
      ? [
          { span: first.id.span, message: "one of them" },
          { span: second.id.span, message: "the other" },
        ]
      : [{ span: other, message: `"${a}" works there too` }]
  return diagnose(
    "shared-workspace-race",
    span,
    { first: a, second: b, workspace, scenario: scenario === "" ? "both are live at the start" : scenario },
    { related, help, ...(replayOf !== undefined && { replay: () => replayOf(course) }) },
  )
}
