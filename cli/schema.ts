import type { Command } from "./command.ts"
import { exit, NotStarted } from "./exit.ts"
import { out } from "./terminal.ts"

const kinds = ["fleet", "ir", "event"]

export const schema: Command = {
  usage: "schema [fleet|ir|event]",
  about: "Prints a JSON Schema: of fleet files (for editors), of the IR, of events.",
  options: { format: { type: "string", choices: ["json"], about: "how to print (json)" } },
  positionals: { least: 0, most: 1 },
  run: async (given) => {
    out(`${JSON.stringify(await load(given.positionals[0] ?? "fleet"), undefined, 2)}\n`)
    return exit.fine
  },
}

const load = async (what: string): Promise<unknown> => {
  if (!kinds.includes(what)) throw new NotStarted(`there is no schema of ${JSON.stringify(what)}; expected one of ${kinds.join(", ")}`)
  if (what === "ir") return (await import("#ir/decode.ts")).irJsonSchema()
  if (what === "event") return (await import("#runtime/engine/event-schema.ts")).eventJsonSchema()
  return (await import("#compiler/document/json-schema.ts")).fleetJsonSchema()
}
