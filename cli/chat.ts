import { existsSync } from "node:fs"
import { dirname, resolve } from "node:path"
import type { Ir } from "#ir"
import { InvalidStart, startFleet } from "#runtime"
import { beginningOf } from "#runtime/engine/beginning.ts"
import { asConversation } from "./chat-fleet.ts"
import type { Command, Given } from "./command.ts"
import { converse, type Conversation } from "./converse.ts"
import { NotStarted } from "./exit.ts"
import { pluginsOf } from "./fleet-plugins.ts"
import { abandonedRuns } from "./leftovers.ts"
import { loadFleet } from "./load-fleet.ts"
import { missingSecrets } from "./missing-secrets.ts"
import { journalToWrite } from "./open-journal.ts"
import { readInputs, told } from "./run-inputs.ts"
import { telemetryOf, telemetryOptions } from "./telemetry.ts"
import { err } from "./terminal.ts"
import { printable } from "./text-width.ts"

const defaultFile = "fleet.yaml"

export const chat: Command = {
  usage: "chat [FILE]",
  about:
    "Talks to the sessions of a fleet (fleet.yaml), or, where there is none, to an agent that is installed. They stay for more; rules fire as in a run. Text is for the session that the prompt names, @ID TEXT for another; /help says the rest. Ctrl-C cancels the turn, twice ends, Ctrl-D ends when what runs is done. From a pipe each line is said when the one before is done.",
  options: {
    driver: { type: "string", value: "DRIVER", about: "talk to this agent alone, without a fleet file, as in claude or acp:gemini" },
    task: { type: "string", value: "TEXT", about: "begin with this task; without it nobody does anything until spoken to" },
    input: { type: "string", value: "NAME=VALUE", multiple: true, about: "an input of the fleet; may be given several times" },
    format: { type: "string", choices: ["pretty", "json"], about: "json: every event as NDJSON (pretty)" },
    ephemeral: { type: "boolean", about: "keep no journal" },
    ...telemetryOptions,
  },
  positionals: { least: 0, most: 1 },
  run: async (given) => {
    const { ir: fleet, root, told: chosen } = await fleetOf(given)
    err(missingSecrets(fleet, process.env))
    const inputs = readInputs(fleet, given.texts("input"))
    const task = given.text("task")
    const beginning = beginningOf(fleet, { inputs, ...(task === undefined ? {} : { task }) })
    if (beginning instanceof InvalidStart) return told(beginning)
    const ir = asConversation(fleet, task !== undefined)
    const telemetry = telemetryOf(given, process.env)
    const plugins = await pluginsOf(ir, root)
    const { journal, close } = await journalToWrite({ ephemeral: given.flag("ephemeral"), bestEffort: false })
    try {
      await abandonedRuns(journal)
      const about = aboutFleet(ir, fleet.start, beginning.task)
      const waits = task === undefined && beginning.task !== undefined ? [`the fleet's task is: ${printable(beginning.task, 200)} (/task gives it)`] : []
      return await converse(given, { ...about, greeting: [...chosen, ...about.greeting, ...waits] }, (onEvent) =>
        startFleet(ir, { ...plugins, journal, root, env: process.env, inputs, ...(task === undefined ? {} : { task }), ...telemetry, onEvent }).catch(told),
      )
    } finally {
      await close()
    }
  },
}

interface Found {
  readonly ir: Ir
  readonly root: string
  readonly told: ReadonlyArray<string>
}

const fleetOf = async (given: Given): Promise<Found> => {
  const [file] = given.positionals
  const driver = given.text("driver")
  if (file !== undefined && driver !== undefined)
    throw new NotStarted("--driver is for a conversation without a fleet file: the file says which drivers its sessions have")
  const path = file ?? (driver === undefined && existsSync(defaultFile) ? defaultFile : undefined)
  if (path !== undefined) return { ir: await loadFleet(path, { headless: false, spokenTo: true }), root: dirname(resolve(path)), told: [] }
  const root = process.cwd()
  const { oneSession } = await import("./one-session.ts")
  const { text, told: chosen } = await oneSession(root, driver)
  const { compileText } = await import("./load-fleet.ts")
  return { ir: await compileText("chat", text), root, told: chosen }
}

/** Whom a person speaks to and how it begins, for a conversation that is new or taken up again. */
export const aboutFleet = (ir: Ir, start: ReadonlyArray<string>, task: string | undefined): Conversation => {
  const ids = ir.sessions.filter(({ instances }) => !instances).map(({ id }) => id)
  const to = start[0] ?? ids[0]
  if (to === undefined) throw new NotStarted("this fleet has nobody to speak to: its sessions exist only as instances of a `for`")
  const here =
    ids.length > 1
      ? [`here are ${ids.join(", ")}; you speak to ${to}, @ID TEXT speaks to another; /help says more`]
      : ["/help says what can be said besides text"]
  return { ir, task: { start: start.length > 0 ? start : [to], text: task }, to, greeting: here }
}
