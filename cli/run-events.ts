/** Where the events of a run go: NDJSON, one event a line. */
import { createWriteStream } from "node:fs"
import { once } from "node:events"
import type { FleetEvent } from "#runtime"
import { NotStarted } from "./exit.ts"
import { out } from "./terminal.ts"

export interface EventSink {
  readonly write: (event: FleetEvent) => void
  readonly close: () => Promise<void>
}

/** `-` is standard output. */
export const eventSink = async (path: string): Promise<EventSink> => {
  if (path === "-") return { write: (event) => out(`${JSON.stringify(event)}\n`), close: async () => {} }
  const file = createWriteStream(path)
  await once(file, "open").catch((error: Error) => { throw new NotStarted(`${path}: ${error.message}`) })
  return {
    write: (event) => { file.write(`${JSON.stringify(event)}\n`) },
    close: () => new Promise((done) => { file.end(() => done()) }),
  }
}
