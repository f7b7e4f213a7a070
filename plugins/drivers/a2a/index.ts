/** Agents elsewhere that speak A2A, version 1.0 or 0.3: `a2a:<address>`. */
import { defineDriver } from "#sdk"
import { a2aConfig } from "./config.ts"
import { openA2a } from "./converse.ts"

export const a2a = defineDriver({
  config: a2aConfig,
  capabilities: {
    model: false,
    systemPrompt: true,
    maxTurns: false,
    resume: true,
    queuedInput: false,
    cancelTurn: true,
    permission: false,
    structuredOutput: false,
    usage: "none",
  },
  open: openA2a,
})
