/** Writes the events of a run to a file, one a line. */
import { appendFile } from "node:fs/promises"
import { definePlugin, Schema } from "fleetwright/plugin"

export default definePlugin({
  name: "event-log",
  version: "1.0.0",
  api: 1,
  access: { write: ["."] },
  sink: {
    config: Schema.Struct({ file: Schema.String, only: Schema.optionalKey(Schema.Array(Schema.String)) }),
    write: async (event, { config }) => {
      if (config.only === undefined || config.only.includes(event.type)) await appendFile(config.file, `${JSON.stringify(event)}\n`)
    },
  },
})
