/** Where the events of a run go: NDJSON, one event a line. */
import { createWriteStream } from "node:fs"
import { once } from "node:events"
import type { FleetEvent } from "#runtime"
import { err, out } from "./terminal.ts"
import { unwritable } from "./write-text.ts"

export interface EventSink {
  readonly write: (event: FleetEvent) => void
  readonly close: () => Promise<void>
}

/** `-` is standard output. A file that cannot be written on is told once; the run goes on, and its journal has the events. */
export const eventSink = async (path: string): Promise<EventSink> => {
  if (path === "-") return { write: (event) => out(`${JSON.stringify(event)}\n`), close: async () => {} }
  const file = createWriteStream(path)
  await once(file, "open").catch(unwritable(path))
  file.once("error", (error) => {
    err(`${path}: ${error.message}; no more events are written there\n`)
    file.on("error", () => {})
  })
  return {
    write: (event) => {
      if (file.writable) file.write(`${JSON.stringify(event)}\n`)
    },
    close: () =>
      file.destroyed
        ? Promise.resolve()
        : new Promise((done) => {
            file.once("close", () => done()).end()
          }),
  }
}
