/** An agent that says what it is told. */
import { definePlugin, makeOutbox, Schema, type DriverEvent } from "fleetwright/plugin"

export default definePlugin({
  name: "echo-agent",
  version: "1.0.0",
  api: 1,
  driver: {
    config: Schema.Struct({ greeting: Schema.optionalKey(Schema.String) }),
    capabilities: {},
    open: async ({ config }) => {
      const outbox = makeOutbox<DriverEvent>()
      return {
        events: outbox,
        send: (frame) => {
          if (frame.type !== "prompt") return
          const text = `${config.greeting ?? ""}${frame.text}`
          outbox.push({ type: "agent", event: { kind: "cap.text_chunk", text, channel: "assistant" } })
          outbox.push({ type: "turn.ended", end: { stop: "end_turn" }, text })
        },
        close: () => outbox.end(),
      }
    },
  },
})
