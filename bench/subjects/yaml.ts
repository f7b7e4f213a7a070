/** The least that reading a fleet costs: the YAML parser alone. */
import { LineCounter, parseDocument } from "yaml"
import type { Reader } from "../contract.ts"

export const subject: Reader = {
  read: (text) => parseDocument(text, { lineCounter: new LineCounter() }).errors.length,
}
