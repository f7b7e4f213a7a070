import { dirname, resolve } from "node:path"
import { builtinDrivers, builtinWorkspaces } from "#plugins"
import { startFleet, type FleetEvent, type RunResult } from "#runtime"
import { askHere, declined } from "./answer-requests.ts"
import type { Command } from "./command.ts"
import { exit } from "./exit.ts"
import { onInterrupt } from "./interrupts.ts"
import { loadFleet } from "./load-fleet.ts"
import { journalToWrite } from "./open-journal.ts"
import { liveProgress, plainProgress } from "./progress.ts"
import { eventSink } from "./run-events.ts"
import { readInputs, told } from "./run-inputs.ts"
import { err, out } from "./terminal.ts"

export const run: Command = {
  usage: "run FILE",
  about: "Runs a fleet (.yaml) or compiled IR (.json). Ctrl-C cancels and waits, twice leaves at once.",
  options: {
    task: { type: "string", value: "TEXT", about: "the task, instead of the fleet's" },
    input: { type: "string", value: "NAME=VALUE", multiple: true, about: "an input of the fleet; may be given several times" },
    events: { type: "string", value: "-|PATH", about: "write every event as NDJSON" },
    format: { type: "string", choices: ["pretty", "json"], about: "how to print the result (pretty)" },
    headless: { type: "boolean", about: "nobody is there to answer: requests are declined" },
    ephemeral: { type: "boolean", about: "keep no journal" },
  },
  positionals: { least: 1, most: 1 },
  run: async (given) => {
    const [path = ""] = given.positionals
    const ir = await loadFleet(path, { headless: given.flag("headless") })
    const inputs = readInputs(ir, given.texts("input"))
    const task = given.text("task")
    const eventsTo = given.text("events")
    const json = given.text("format") === "json"
    // Standard output belongs to machines when one was asked to read it.
    const stream = eventsTo === "-" || json ? process.stderr : process.stdout
    const print = stream === process.stderr ? err : out
    const live = stream.isTTY === true && process.env["TERM"] !== "dumb"
    const progress = live ? liveProgress(print, () => stream.columns ?? 80) : plainProgress(print)
    const sink = eventsTo === undefined ? undefined : await eventSink(eventsTo)
    const somebody = !given.flag("headless") && process.stdin.isTTY === true && process.stderr.isTTY === true
    const { journal, close } = await journalToWrite(given.flag("ephemeral"))
    const open = new Map<string, AbortController>()
    let asking = Promise.resolve()

    const fleet = startFleet(ir, {
      drivers: builtinDrivers,
      workspaces: builtinWorkspaces,
      journal,
      root: dirname(resolve(path)),
      env: process.env,
      inputs,
      ...(task !== undefined && { task }),
      onEvent: (event) => {
        sink?.write(event)
        progress.see(event)
        if (event.type === "request.opened") answer(event)
        if (event.type === "request.answered" || event.type === "request.withdrawn") open.get(event.request)?.abort()
      },
    })
    const answer = (event: Extract<FleetEvent, { readonly type: "request.opened" }>): void => {
      if (!somebody) return void fleet.then((started) => started.send(declined(event)))
      const gone = new AbortController()
      open.set(event.request, gone)
      asking = asking.then(async () => {
        const command = gone.signal.aborted ? undefined : await askHere(event, gone.signal)
        if (command !== undefined) await (await fleet).send(command)
      })
    }
    const interrupts = onInterrupt((signal) => {
      err("\ncancelling; once more leaves at once\n")
      void fleet.then((started) => started.send({ type: "cancel", target: { kind: "fleet" }, reason: { code: "user", detail: signal } }))
    })
    try {
      const started = await fleet.catch(told)
      const result = await started.result
      await started.close()
      progress.end()
      if (json) out(`${JSON.stringify(result, null, 2)}\n`)
      else print(summary(result))
      if (interrupts.happened()) return exit.interrupted
      return result.status === "succeeded" ? exit.fine : exit.failed
    } finally {
      interrupts.stop()
      await sink?.close()
      await close()
    }
  },
}

const summary = ({ run: id, status, reason, usage, outputs, sessions }: RunResult): string => {
  const width = Math.max(0, ...sessions.map((session) => session.id.length))
  const rows = sessions.map(({ id: session, status: state, branch, workspaceKept }) =>
    `  ${session.padEnd(width)}  ${state}${branch === undefined ? "" : `  on ${branch}`}${workspaceKept === undefined ? "" : `  kept at ${workspaceKept}`}\n`)
  const spent = usage.usd > 0 ? `, $${usage.usd.toFixed(2)}` : ""
  const given = Object.entries(outputs).map(([name, value]) => `  ${name}: ${JSON.stringify(value)}\n`)
  return `\nrun ${id} ${status}${reason === undefined ? "" : `: ${reason}`}${spent}\n${rows.join("")}${given.join("")}`
}
