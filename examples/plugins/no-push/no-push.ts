/** Agents commit, people push. */
import { commandOf, definePlugin, Schema, simpleCommands } from "fleetwright/plugin"

export default definePlugin({
  name: "no-push",
  version: "1.0.0",
  api: 1,
  policy: {
    config: Schema.Struct({ except: Schema.optionalKey(Schema.Array(Schema.String)) }),
    boundaries: ["tool"],
    decide: (_, payload, { config }) => {
      const { commands } = simpleCommands(commandOf(payload))
      const push = commands.find((command) => /^git\s+push\b/.test(command))
      if (push === undefined || config.except?.some((remote) => push.split(/\s+/).includes(remote)) === true) return undefined
      return { effect: "deny", reasons: ["people push, agents commit"] }
    },
  },
})
