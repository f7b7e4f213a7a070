import { commandAlive } from "./command-run.ts"
import type { Command } from "./command.ts"

export const breakpoint: Command = {
  usage: "breakpoint RUN SESSION",
  about: "Pauses a run before the session is next given work, once, and asks: fleetwright reply RUN REQUEST continue lets it go on, cancel cancels that work.",
  options: {
    clear: { type: "boolean", about: "take the breakpoint away" },
    format: { type: "string", choices: ["pretty", "json"], about: "how to print (pretty)" },
  },
  positionals: { least: 2, most: 2 },
  run: (given) => commandAlive(given, { type: "breakpoint", action: given.flag("clear") ? "clear" : "set", session: given.positionals[1] ?? "" }),
}
