/** A process that does nothing. */
import type { Command } from "../contract.ts"

export const subject: Command = { argv: () => ["-e", "0"] }
