/** Sends blocked work to somebody who can unblock it. */
import { definePlugin, Schema } from "fleetwright/plugin"

export default definePlugin({
  name: "ticket-router",
  version: "1.0.0",
  api: 1,
  routing: {
    config: Schema.Struct({ to: Schema.String, word: Schema.optionalKey(Schema.String) }),
    decide: ({ session, view, config }) => {
      const { text } = view.session(session)
      return text.includes(config.word ?? "BLOCKED") ? [{ send: config.to, prompt: `Unblock this:\n\n${text}` }] : []
    },
  },
})
