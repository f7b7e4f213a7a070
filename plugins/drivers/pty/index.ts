/** Programs that only know terminals: typed to as a person would, read from the screen. `pty:<program>`. */
import { defineDriver } from "#sdk"
import { ptyConfig } from "./config.ts"
import { openPty } from "./converse.ts"

export const pty = defineDriver({
  config: ptyConfig,
  capabilities: {
    model: false,
    systemPrompt: true,
    maxTurns: false,
    resume: false,
    queuedInput: false,
    cancelTurn: true,
    permission: false,
    structuredOutput: false,
    usage: "none",
    sandbox: true,
  },
  open: openPty,
})
