import { keyPath } from "#runtime/trust/index.ts"
import type { Command } from "./command.ts"
import { exit } from "./exit.ts"
import { signingKey } from "./signing-key.ts"
import { out } from "./terminal.ts"

export const keys: Command = {
  usage: "keys",
  about: "Prints the public key of what this user signs, as PEM, for those who verify it. The key is made when there is none yet.",
  options: { format: { type: "string", choices: ["pem", "json"], about: "how to print (pem); json: with its id and where the private key is" } },
  positionals: { least: 0, most: 0 },
  run: async (given) => {
    const { public: key } = await signingKey(undefined)
    out(given.text("format") === "json" ? `${JSON.stringify({ id: key.id, pem: key.pem, file: keyPath(process.env) }, null, 2)}\n` : key.pem)
    return exit.fine
  },
}
