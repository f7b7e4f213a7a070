/** All checks of a fleet file that was checked before, as an editor asks for them after every keystroke. */
import { checker } from "../../compiler/index.ts"
import type { Reader } from "../contract.ts"

const check = checker()

export const subject: Reader = {
  read: (text) => check({ file: "fleet.yaml", text, files: () => undefined }).diagnostics.filter(({ severity }) => severity === "error").length,
}
