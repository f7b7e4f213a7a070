/** Programs that only know terminals: typed to as a person would, read from the screen. `pty:<program>`. */
import { defineDriver } from "#sdk"
import { ptyConfig } from "./config.ts"
import { openPty } from "./converse.ts"

export const pty = defineDriver({
  config: ptyConfig,
  capabilities: { systemPrompt: true, cancelTurn: true, sandbox: true },
  open: openPty,
})
