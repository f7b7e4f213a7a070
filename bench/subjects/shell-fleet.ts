/** Fleets whose agents are shell commands, with everything that the library brings and an SQLite journal. */
import { compile } from "../../compiler/index.ts"
import { builtinDrivers, builtinWorkspaces } from "../../plugins/index.ts"
import { startFleet } from "../../runtime/index.ts"
import type { Fleet, JournalShape, RunOptions } from "../../runtime/index.ts"

export const shellFleet = (sessions: number, command: ReadonlyArray<string>): string => `fleet:
  name: shells
  workspace: none
  permissions: allow
  task: go
  limits: { parallel: ${sessions} }
  defaults: { driver: shell, command: ${JSON.stringify(command)} }
  start: [${Array.from({ length: sessions }, (_, at) => `s${at}`).join(", ")}]
  sessions:
${Array.from({ length: sessions }, (_, at) => `    s${at}: {}\n`).join("")}`

/** Compiles the fleet; what it gives starts it. */
export const shellsOf = (text: string): ((journal: JournalShape, root: string, onEvent?: RunOptions["onEvent"]) => Promise<Fleet>) => {
  const { diagnostics, ir } = compile({ file: "bench.yaml", text, files: () => undefined })
  if (ir === undefined) throw new Error(diagnostics.map(({ message }) => message).join("; "))
  return (journal, root, onEvent) =>
    startFleet(ir, {
      drivers: builtinDrivers,
      workspaces: builtinWorkspaces,
      journal,
      root,
      env: process.env,
      ...(onEvent === undefined ? {} : { onEvent }),
    })
}
