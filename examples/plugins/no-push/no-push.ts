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
      const { runs, known } = simpleCommands(commandOf(payload))
      const push = runs.find(({ words: [program, verb] }) => program === "git" && verb === "push")
      if (push === undefined && !known) return { effect: "ask", reasons: ["nobody can say whether it pushes"] }
      if (push === undefined || config.except?.some((remote) => push.words.includes(remote)) === true) return undefined
      return { effect: "deny", reasons: ["people push, agents commit"] }
    },
  },
})
