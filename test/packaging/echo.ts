/** A plugin of somebody who installed the package. */
import { configOf, defineDriver, definePlugin, makeOutbox, Schema, type DriverEvent } from "fleetwright/plugin"

export default definePlugin({
  name: "echo",
  version: "1.0.0",
  api: 1,
  driver: defineDriver({
    config: configOf(Schema.Struct({ words: Schema.Array(Schema.String) })),
    capabilities: { cancelTurn: true },
    open: async ({ config }) => {
      const events = makeOutbox<DriverEvent>()
      return {
        events,
        send: (frame) => {
          if (frame.type === "prompt") events.push({ type: "turn.ended", end: { stop: "end_turn" }, text: config.words.join(" ") })
        },
        close: () => events.end(),
      }
    },
  }),
})
