import { dirname, resolve } from "node:path"
import { parse, YAMLError } from "yaml"
import type { Json } from "#ir"
import { makeScripted, silentModels } from "#plugins"
import { GoesOnForEver, simulate as simulateFleet, WaitsForEver } from "#runtime"
import { readSimulation } from "../library/read-simulation.ts"
import type { Command } from "./command.ts"
import { exit, NotStarted } from "./exit.ts"
import { readText } from "./fleet-files.ts"
import { pluginsOf } from "./fleet-plugins.ts"
import { loadPlay } from "./load-fleet.ts"
import { readInputs, told } from "./run-inputs.ts"
import { err, out } from "./terminal.ts"

export const simulate: Command = {
  usage: "simulate FILE --script SCRIPT",
  about: "Runs a fleet with scripted agents in virtual time and prints its events as NDJSON. No agent, git, network or waiting.",
  options: {
    script: { type: "string", value: "SCRIPT", about: "YAML: what agents say and people answer; without it every session says ok" },
    task: { type: "string", value: "TEXT", about: "the task, instead of the fleet's" },
    input: { type: "string", value: "NAME=VALUE", multiple: true, about: "an input of the fleet; may be given several times" },
    headless: { type: "boolean", about: "nobody is there to answer requests" },
  },
  positionals: { least: 1, most: 1 },
  run: async (given) => {
    const [path = ""] = given.positionals
    const { ir, isFlawed } = await loadPlay(path, { headless: given.flag("headless") })
    if (isFlawed) err(`${path}: this fleet has errors and cannot be run; it is only played, to show what they say\n`)
    const { script, outside } = await readScripts(given.text("script"))
    const declared = new Set(ir.sessions.map(({ id }) => id))
    for (const id of script.keys()) if (!declared.has(id.replace(/\[\d+\]$/, ""))) err(`the script speaks of "${id}", which is no session of this fleet\n`)
    const inputs = readInputs(ir, given.texts("input"))
    const task = given.text("task")
    const root = dirname(resolve(path))
    const { policies, routers } = await pluginsOf(ir, root)
    const simulated = await simulateFleet(ir, {
      driver: makeScripted(script),
      outside,
      policies,
      routers: { ...routers, ...silentModels },
      root,
      inputs,
      headless: given.flag("headless"),
      patience: isFlawed ? mostRounds : endlessRounds,
      ...(task !== undefined && { task }),
      onRefused: (command, { code, message }) => {
        err(`the script's ${command.type === "user.sent" ? "send" : command.type} was refused: ${code}: ${message}\n`)
      },
      onEvent: (event) => {
        out(`${JSON.stringify(event)}\n`)
      },
    }).catch((error: unknown) => (error instanceof WaitsForEver || error instanceof GoesOnForEver ? error : told(error)))
    if (simulated instanceof Error) {
      err(`${simulated.message}\n`)
      return exit.failed
    }
    const { result } = simulated
    if (result.status === "succeeded") return isFlawed ? exit.failed : exit.fine
    err(`the run ${ends[result.status]}${result.reason === undefined ? "" : `: ${result.reason}`}\n`)
    return exit.failed
  },
}

/** Of one rule: in a fleet that may never end, and in one that ends unless its script goes round for ever. */
const mostRounds = 100
const endlessRounds = 100_000

const ends = { failed: "failed", cancelled: "was cancelled", needs_review: "needs review" }

const readScripts = async (path: string | undefined) => {
  const read = readSimulation(path === undefined ? null : parseScript(path, await readText(path)))
  if (!read.ok) throw new NotStarted(`${path}: ${read.problems.join(`\n${path}: `)}`)
  return read
}

/** The library bounds aliases; through JSON, so that cycles and values that are no data are refused. */
const parseScript = (path: string, text: string): Json => {
  try {
    return JSON.parse(JSON.stringify(parse(text) ?? null))
  } catch (error) {
    throw new NotStarted(`${path}: ${error instanceof YAMLError || error instanceof Error ? error.message.split("\n")[0] : String(error)}`)
  }
}
