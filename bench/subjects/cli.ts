/** The command as it is installed: the built bundle behind the package's `bin`. */
import { fileURLToPath } from "node:url"
import type { Command } from "../contract.ts"

const bin = fileURLToPath(new URL("../../cli/bin.cjs", import.meta.url))

export const subject: Command = { argv: (fleetFile) => [bin, "check", fleetFile] }
