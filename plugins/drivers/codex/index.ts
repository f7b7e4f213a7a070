/** Codex: its app server, or `exec` where there is none. */
import { defineDriver } from "#sdk"
import type { FleetFailure } from "#sdk"
import * as Effect from "effect/Effect"
import { openAppServer } from "./app-server.ts"
import { codexConfig, type CodexContext } from "./config.ts"
import { openExec } from "./exec.ts"

/** What a Codex from before the app server says of it. */
const knowsNoAppServer = (error: FleetFailure): boolean => /unrecognized subcommand|invalid subcommand|unexpected argument 'app-server'/iu.test(error.message)

export const codex = defineDriver({
  config: codexConfig,
  capabilities: {
    model: true,
    systemPrompt: true,
    maxTurns: false,
    resume: true,
    queuedInput: true,
    cancelTurn: true,
    permission: true,
    structuredOutput: true,
    usage: "cumulative",
    sandbox: true,
  },
  open: (context: CodexContext) => Effect.catchIf(openAppServer(context), knowsNoAppServer, () => openExec(context)),
})
