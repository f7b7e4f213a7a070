/** A fleet at work, as people see and steer it: progress, questions, signals, the result. For every command that runs one. */
import type { Fleet, FleetEvent, OpenRequest, RunResult } from "#runtime"
import { answerRequests } from "./answer-requests.ts"
import type { Given, Option } from "./command.ts"
import { exit, type ExitCode } from "./exit.ts"
import { onInterrupt } from "./interrupts.ts"
import { liveProgress, plainProgress } from "./progress.ts"
import { choicesOf } from "./request-words.ts"
import { eventSink } from "./run-events.ts"
import { telemetryOptions } from "./telemetry.ts"
import { colors, err, onReaderGone, out } from "./terminal.ts"

/** Options that every such command has. */
export const driveOptions: { readonly [name: string]: Option } = {
  events: { type: "string", value: "-|PATH", about: "write every event as NDJSON" },
  format: { type: "string", choices: ["pretty", "json"], about: "how to print the result (pretty)" },
  headless: { type: "boolean", about: "nobody is there to answer: requests are declined" },
  ...telemetryOptions,
}

/** `pending`: requests from a former life of the run that still wait for somebody. */
type Started = Fleet & { readonly pending?: ReadonlyArray<OpenRequest> }

/** `start` gets what `onEvent` has to be. What it rejects with is passed on. `past`: what was told before, which a file of events has, too. */
export const driveFleet = async (
  given: Given,
  start: (onEvent: (event: FleetEvent) => void) => Promise<Started>,
  past: ReadonlyArray<FleetEvent> = [],
): Promise<ExitCode> => {
  const eventsTo = given.text("events")
  const json = given.text("format") === "json"
  // Standard output belongs to machines when one was asked to read it.
  const stream = eventsTo === "-" || json ? process.stderr : process.stdout
  const print = stream === process.stderr ? err : out
  // Events that scroll over the terminal and a picture that is redrawn do not go together.
  const live = stream.isTTY === true && process.env["TERM"] !== "dumb" && !(eventsTo === "-" && process.stdout.isTTY === true)
  const progress = live
    ? liveProgress({ print, color: colors(stream), now: Date.now, size: () => ({ columns: stream.columns || 80, rows: stream.rows || 24 }) })
    : plainProgress(print)
  const sink = eventsTo === undefined ? undefined : await eventSink(eventsTo)
  if (eventsTo !== "-") for (const event of past) sink?.write(event)
  let ended = false
  let fleet: Promise<Started> | undefined
  // That it did not start is what the command itself says.
  const send: Fleet["send"] = async (command) => (await fleet?.catch(() => undefined))?.send(command)
  const interrupts = onInterrupt((why) => {
    progress.say(`cancelling (${why}); a second signal leaves at once`)
    answers.stop()
    void send({ type: "cancel", target: { kind: "fleet" }, reason: { code: "user", detail: why } })
  })
  const answers = answerRequests({
    send,
    somebody: !given.flag("headless") && process.stdin.isTTY === true && process.stderr.isTTY === true,
    ...(given.flag("headless") || given.flag("ephemeral") ? {} : { tellElsewhere: (event: FleetEvent) => err(elsewhere(event)) }),
    hold: progress.hold,
    release: progress.release,
    interrupt: () => interrupts.interrupt("SIGINT"),
  })
  // Who asked for the events and went away no longer wants the run.
  if (eventsTo === "-") onReaderGone(() => ended || interrupts.interrupt("the reader of the events is gone"))
  try {
    fleet = start((event) => {
      sink?.write(event)
      progress.see(event)
      answers.see(event)
    })
    const started = await fleet
    for (const request of started.pending ?? []) {
      progress.see(request)
      answers.see(request)
    }
    const result = await started.result
    await started.close()
    ended = true
    progress.end()
    if (json) out(`${JSON.stringify(result, null, 2)}\n`)
    else print(summary(result))
    if (interrupts.happened()) return exit.interrupted
    return result.status === "succeeded" ? exit.fine : exit.failed
  } finally {
    interrupts.stop()
    answers.stop()
    await sink?.close()
  }
}

/** Who may answer is not at a terminal: what to type there. */
const elsewhere = (event: FleetEvent): string => {
  if (event.type !== "request.opened") return `waiting to go on: fleetwright resume ${event.run}\n`
  const choices = choicesOf(event)
  return `waiting for an answer${choices === "" ? "" : ` (${choices})`}: fleetwright reply ${event.run} ${event.request} VALUE\n`
}

const mostFiles = 5

const inShort = (files: ReadonlyArray<string>): string =>
  `${files.slice(0, mostFiles).join(", ")}${files.length > mostFiles ? `, and ${files.length - mostFiles} more` : ""}`

/** How a run ended, with its sessions and where their work is. */
export const summary = ({ run: id, status, reason, usage, outputs, sessions }: RunResult): string => {
  const width = Math.max(0, ...sessions.map((session) => session.id.length))
  const rows = sessions.map(
    ({ id: session, status: state, branch, workspaceKept, filesGone }) =>
      `  ${session.padEnd(width)}  ${state}${branch === undefined ? "" : `  on ${branch}`}${workspaceKept === undefined ? "" : `  kept at ${workspaceKept.path}: ${workspaceKept.reason}`}${filesGone === undefined ? "" : `  gone with its worktree, ignored by git: ${inShort(filesGone)}`}\n`,
  )
  const spent = usage.usd > 0 ? `, $${usage.usd.toFixed(2)}` : ""
  const given = Object.entries(outputs).map(([name, value]) => `  ${name}: ${JSON.stringify(value)}\n`)
  return `\nrun ${id} ${status}${reason === undefined ? "" : `: ${reason}`}${spent}\n${rows.join("")}${given.join("")}`
}
