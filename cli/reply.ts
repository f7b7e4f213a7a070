import type { Json } from "#ir"
import { foldRun, irOf, openRequests, type OpenRequest, type Rejection, type UserCommand } from "#runtime"
import { told } from "./cancel.ts"
import type { Command } from "./command.ts"
import { commandRun, leaveCommand } from "./command-run.ts"
import { exit, NotStarted } from "./exit.ts"
import { ask, statusOf, withRun, type FoundRun } from "./find-run.ts"
import { err, out } from "./terminal.ts"
import { printable } from "./text-width.ts"

export const reply: Command = {
  usage: "reply RUN REQUEST VALUE",
  about:
    "Answers a request of a run: approve or reject a gate; allow_once, allow_always or deny a permission; the session a selection takes; any text to a question. Without REQUEST: lists what is open.",
  options: {
    json: { type: "boolean", about: "VALUE is JSON rather than text" },
    format: { type: "string", choices: ["pretty", "json"], about: "how to print (pretty)" },
  },
  positionals: { least: 1, most: 3 },
  run: (given) => {
    const [id = "", request, text] = given.positionals
    const json = given.text("format") === "json"
    return withRun(id, async (found) => {
      const { entry, journal } = found
      const open = openRequests((await ask(journal.read(entry.run))).flatMap(({ events }) => events))
      if (request === undefined) {
        list(json, open)
        return exit.fine
      }
      if (text === undefined) throw new NotStarted(`something is missing: fleetwright ${reply.usage}`)
      const command: UserCommand = { type: "reply", request, value: given.flag("json") ? parse(text) : text, by: "user" }
      if (entry.ended) return told(json, entry.run, { code: "run_ended", message: `run ${entry.run} has ended: ${statusOf(entry)}` })
      const rejection = entry.alive === undefined ? await later(found, open, command, json) : await now(found, command)
      if (rejection === "left") return exit.fine
      if (rejection?.code === "unknown_request" && open.length > 0) err(`open are ${open.map((one) => one.request).join(", ")}\n`)
      return told(json, entry.run, rejection)
    })
  },
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
    for (const { request, kind, session, prompt } of open)
      out(`${request}  ${kind}${session === undefined ? "" : ` of ${session}`}${prompt === undefined ? "" : `  ${printable(prompt, 200)}`}\n`)
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
  command: UserCommand & { readonly type: "reply" },
  json: boolean,
): Promise<Rejection | undefined | "left"> => {
  const asked = open.find(({ request }) => request === command.request)
  if (asked === undefined) return { code: "unknown_request", message: `there is no open request ${command.request}` }
  const { state } = await ask(foldRun(journal, entry.run, await ask(irOf(journal, entry.run))))
  if (asked.session !== undefined && state.sessions.get(asked.session)?.current?.open === true) {
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
