import type { Json } from "#ir"
import { foldRun, irOf, openRequests, step, type OpenRequest, type Rejection, type UserCommand } from "#runtime"
import type { Command } from "./command.ts"
import { commandRun, leaveCommand, told } from "./command-run.ts"
import { exit, NotStarted, type ExitCode } from "./exit.ts"
import { ask, statusOf, withRun, type FoundRun } from "./find-run.ts"
import { choicesOf, questionOf, readReply } from "./request-words.ts"
import { err, out } from "./terminal.ts"

export const reply: Command = {
  usage: "reply RUN REQUEST VALUE",
  about:
    "Answers a request of a run: approve or reject a gate; allow_once, allow_always or deny a permission; the session a selection takes; continue or cancel at a breakpoint; any text, or the number of a choice, to a question. REQUEST may be several (q1,q2) or all. Without REQUEST: lists what is open.",
  options: {
    json: { type: "boolean", about: "VALUE is JSON rather than text" },
    format: { type: "string", choices: ["pretty", "json"], about: "how to print (pretty)" },
  },
  positionals: { least: 1, most: 3 },
  run: (given) => {
    const [id = "", named, text] = given.positionals
    const json = given.text("format") === "json"
    return withRun(id, async (found) => {
      const { entry, journal } = found
      const { run } = entry
      const open = openRequests((await ask(journal.read(run))).flatMap(({ events }) => events))
      if (named === undefined) {
        list(json, open)
        return exit.fine
      }
      if (text === undefined) throw new NotStarted(`something is missing: fleetwright ${reply.usage}`)
      const value = given.flag("json") ? parse(text) : undefined
      if (entry.ended) return told(json, run, { code: "run_ended", message: `run ${run} has ended: ${statusOf(entry)}` })
      const requests = named === "all" ? open.map(({ request }) => request) : [...new Set(named.split(",").filter((one) => one !== ""))]
      if (requests.length === 0) return told(json, run, { code: "not_waiting", message: "no request is open" })
      let worst: ExitCode = exit.fine
      for (const request of requests) {
        const command: Reply = { type: "reply", request, value: value ?? valueFor(open, request, text), by: "user" }
        const code = await give(found, open, command, { json, several: requests.length > 1 })
        if (code !== exit.fine) worst = code
      }
      return worst
    })
  },
}

type Reply = Extract<UserCommand, { readonly type: "reply" }>

/** The words of a terminal answer here too; what is none of them is for the run to judge. */
const valueFor = (open: ReadonlyArray<OpenRequest>, id: string, text: string): Json => {
  const request = open.find((one) => one.request === id)
  const read = request === undefined ? undefined : readReply(request, text)
  return read?.ok === true ? read.value : text
}

const give = async (
  found: FoundRun,
  open: ReadonlyArray<OpenRequest>,
  command: Reply,
  { json, several }: { readonly json: boolean; readonly several: boolean },
): Promise<ExitCode> => {
  const { run, alive } = found.entry
  if (several && !json) out(`${command.request}: `)
  const rejection = alive === undefined ? await later(found, open, command, json) : await now(found, command)
  if (rejection === "left") return exit.fine
  if (several && !json && rejection !== undefined) out("rejected\n")
  if (rejection?.code === "unknown_request" && open.length > 0) err(`open are ${open.map((one) => one.request).join(", ")}\n`)
  return told(json, run, rejection, command.request)
}

const parse = (text: string): Json => {
  try {
    return JSON.parse(text)
  } catch {
    throw new NotStarted(`${text}: this is not JSON`)
  }
}

const list = (json: boolean, open: ReadonlyArray<OpenRequest>): void => {
  if (json) out(`${JSON.stringify({ requests: open }, null, 2)}\n`)
  else if (open.length === 0) out("no request is open\n")
  else
    for (const request of open) {
      const choices = choicesOf(request)
      out(`${request.request}  ${questionOf(request)}${choices === "" ? "" : ` (${choices})`}\n`)
    }
}

const now = async ({ journal, entry }: FoundRun, command: UserCommand): Promise<Rejection | undefined> => {
  const outcome = await commandRun(journal, entry.run, command)
  if (outcome.kind === "silent") throw new NotStarted(`process ${entry.alive}, which runs ${entry.run}, did not answer; the reply was not given`)
  return outcome.rejection
}

/** Nobody runs it: the reply is kept until somebody does, unless it can be told already that it will not fit. */
const later = async (
  { journal, entry }: FoundRun,
  open: ReadonlyArray<OpenRequest>,
  command: Reply,
  json: boolean,
): Promise<Rejection | undefined | "left"> => {
  const ir = await ask(irOf(journal, entry.run))
  const { state } = await ask(foldRun(journal, entry.run, ir))
  const { rejection } = step(ir, state, { ...command, at: Date.now() })
  if (rejection !== undefined) return rejection
  const asker = open.find(({ request }) => request === command.request)?.session
  if (asker !== undefined && state.sessions.get(asker)?.current?.open === true) {
    return {
      code: "not_waiting",
      message: `the agent that asked is gone with the process of the run; fleetwright resume ${entry.run} begins its turn again, and it may ask anew`,
    }
  }
  await leaveCommand(journal, entry, command)
  if (json) out(`${JSON.stringify({ run: entry.run, accepted: false, left: true })}\n`)
  else out(`no process runs ${entry.run}: the reply is given when fleetwright resume ${entry.run} takes it up\n`)
  return "left"
}
