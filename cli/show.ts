import { foldRun, irOf, mergePlans, openRequests, type PlanEntry, type State } from "#runtime"
import type { Command } from "./command.ts"
import { exit } from "./exit.ts"
import { ruleFates, tellRule } from "./explain-rules.ts"
import { ask, statusOf, withRun } from "./find-run.ts"
import { out } from "./terminal.ts"
import { printable } from "./text-width.ts"

export const show: Command = {
  usage: "show RUN",
  about:
    "Explains a run: how it ended, what became of each session, what its agents planned, which rules fired, which did not and why. fleetwright logs tells it event by event.",
  options: { format: { type: "string", choices: ["pretty", "json"], about: "how to print (pretty)" } },
  positionals: { least: 1, most: 1 },
  run: (given) =>
    withRun(given.positionals[0] ?? "", async ({ journal, entry }) => {
      const { run } = entry
      const ir = await ask(irOf(journal, run))
      const events = (await ask(journal.read(run))).flatMap((record) => record.events)
      const { state } = await ask(foldRun(journal, run, ir, { anyway: true }))
      const end = events.findLast((event) => event.type === "run.ended")
      const sessions = sessionsOf(state)
      const rules = ruleFates(ir, events, state)
      const plan = mergePlans(events)
      const requests = openRequests(events)
      const status = statusOf(entry, state.paused)
      const usage = { usd: state.usd, tokens: state.tokens }
      if (given.text("format") === "json") {
        out(
          `${JSON.stringify({ ...entry, status, ...(end?.reason === undefined ? {} : { reason: end.reason }), usage, sessions, plan, rules, requests }, null, 2)}\n`,
        )
        return exit.fine
      }
      out(`${entry.fleet}: run ${status}${end?.reason === undefined ? "" : `: ${end.reason}`}${usage.usd > 0 ? `, $${usage.usd.toFixed(2)}` : ""}\n`)
      if (!entry.ended)
        out(
          entry.alive === undefined
            ? `it has not ended, and its process is gone: fleetwright resume ${run} takes it up\n`
            : `it has not ended: it is alive in process ${entry.alive}${state.paused ? `; fleetwright resume ${run} lets it go on` : ""}\n`,
        )
      out(`\n${sessions.map(tellSession).join("")}`)
      if (plan.length > 0) out(`\nplan:\n${plan.map(tellEntry).join("")}`)
      if (rules.length > 0) out(`\n${rules.map(tellRule).join("")}`)
      if (requests.length > 0)
        out(
          `\n${requests.map(({ request, kind, prompt }) => `${request} waits for an answer (${kind})${prompt === undefined ? "" : `: ${printable(prompt, 200)}`}\n`).join("")}`,
        )
      return exit.fine
    }),
}

const marks = { pending: " ", in_progress: ">", completed: "x", cancelled: "-", blocked: "!" } as const

/** An entry of the fleet's plan as a line: how far it is, whose it is, and what. */
export const tellEntry = ({ id, content, status, priority }: PlanEntry): string =>
  `[${marks[status]}] ${id}: ${printable(content, 200)}${priority === undefined ? "" : ` (${priority})`}\n`

interface SessionFate {
  readonly session: string
  readonly status: string
  readonly turns: number
  readonly attempts: number
  readonly usd: number
  readonly error?: string
}

const sessionsOf = (state: State): ReadonlyArray<SessionFate> =>
  [...state.sessions.values()]
    .sort((a, b) => (a.declared === b.declared ? (a.index ?? 0) - (b.index ?? 0) : 0))
    .map(({ id, status, turns, attempts, usd, error }) => ({
      session: id,
      status,
      turns,
      attempts,
      usd,
      ...(error === undefined ? {} : { error: `${error.kind}: ${error.message}` }),
    }))

const tellSession = ({ session, status, turns, attempts, usd, error }: SessionFate): string =>
  `${session}: ${status}${turns === 0 ? "" : `, ${turns} turn${turns === 1 ? "" : "s"}`}${attempts > turns ? ` in ${attempts} attempts` : ""}${usd > 0 ? `, $${usd.toFixed(2)}` : ""}${error === undefined || status === "done" ? "" : `; ${printable(error, 300)}`}\n`
