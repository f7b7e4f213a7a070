/** All checks of a fleet file, from text to diagnostics. */
import { checkFleet } from "../../compiler/index.ts"
import type { Reader } from "../contract.ts"

export const subject: Reader = {
  read: (text) => {
    const { diagnostics } = checkFleet({ file: "fleet.yaml", text, files: () => undefined, mostSessions: 10_000 })
    return diagnostics.filter(({ severity }) => severity === "error").length
  },
}
