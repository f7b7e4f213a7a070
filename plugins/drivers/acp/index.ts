/** Agents that speak the Agent Client Protocol, version 1 or 2, on their standard input and output: `acp:<program>`. */
import { defineDriver } from "#sdk"
import { acpConfig } from "./config.ts"
import { openAcp } from "./converse.ts"

export const acp = defineDriver({
  config: acpConfig,
  capabilities: {
    model: true,
    systemPrompt: true,
    maxTurns: false,
    resume: true,
    queuedInput: false,
    cancelTurn: true,
    permission: true,
    structuredOutput: false,
    usage: "delta",
    sandbox: true,
  },
  open: openAcp,
})
