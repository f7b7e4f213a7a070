import { commandAlive } from "./command-run.ts"
import type { Command } from "./command.ts"

export const pause: Command = {
  usage: "pause RUN",
  about: "Lets a run start nothing more: what is under way goes on to its end. fleetwright resume RUN lets it go on.",
  options: {
    reason: { type: "string", value: "TEXT", about: "why; it stands in the events" },
    format: { type: "string", choices: ["pretty", "json"], about: "how to print (pretty)" },
  },
  positionals: { least: 1, most: 1 },
  run: (given) => {
    const reason = given.text("reason")
    return commandAlive(given, { type: "pause", ...(reason === undefined ? {} : { reason }) })
  },
}
