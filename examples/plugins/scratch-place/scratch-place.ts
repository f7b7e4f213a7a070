/** A new directory for each session, gone afterwards: for agents whose files nobody needs. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { definePlugin, Schema } from "fleetwright/plugin"

export default definePlugin({
  name: "scratch-place",
  version: "1.0.0",
  api: 1,
  access: { write: [tmpdir()], read: [tmpdir()] },
  workspace: {
    isolated: true,
    config: Schema.Struct({ prefix: Schema.optionalKey(Schema.String) }),
    acquire: async ({ session, config }) => {
      const path = await mkdtemp(join(tmpdir(), `${config.prefix ?? "scratch"}-${session.replaceAll(/\W/g, "-")}-`))
      return {
        path,
        snapshot: async () => undefined,
        diff: async () => "",
        release: async () => {
          await rm(path, { recursive: true, force: true })
          return {}
        },
      }
    },
  },
})
