/** What the fleets of the benchmarks are made of: a driver that answers at once, no workspace to make. */
import { compile } from "../../compiler/index.ts"
import type { DriverDescription } from "../../compiler/index.ts"
import { makeOutbox, noCapabilities } from "../../plugins/sdk/index.ts"
import type { Driver, DriverEvent, Workspace, WorkspaceProvider } from "../../plugins/sdk/index.ts"
import { startFleet } from "../../runtime/index.ts"
import type { Fleet, JournalShape, RunOptions } from "../../runtime/index.ts"

export type Json = NonNullable<RunOptions["inputs"]>[string]
export type Ir = RunOptions["ir"]

/** What an agent answers; undefined: it keeps silent until it is closed. */
export type Answer = (session: string, prompt: string) => { readonly output: Json; readonly chunks?: number } | undefined

const capabilities: Driver["capabilities"] = { ...noCapabilities, cancelTurn: true, structuredOutput: true }

const description: DriverDescription = { name: "instant", version: "1.0.0", scheme: false, keys: {}, abilities: ["output", "permissions"] }

const driver = (answer: Answer): Driver => ({
  capabilities,
  open: async ({ session }) => {
    const events = makeOutbox<DriverEvent>()
    return {
      events,
      send: (frame) => {
        if (frame.type !== "prompt") return
        const given = answer(session, frame.text)
        if (given === undefined) return
        const { output, chunks = 0 } = given
        for (let chunk = 0; chunk < chunks; chunk++)
          events.push({ type: "agent", event: { kind: "cap.text_chunk", text: `line ${chunk} of what ${session} says\n`, channel: "assistant" } })
        events.push({ type: "turn.ended", end: { stop: "end_turn" }, text: "", output })
      },
      close: () => events.end(),
    }
  },
})

const place: Workspace = { path: "/", snapshot: async () => undefined, diff: async () => "", release: async () => ({}) }
export const workspace: WorkspaceProvider = { isolated: true, acquire: async () => place }

export const compileFleet = (yaml: string): Ir => {
  const { diagnostics, ir } = compile({ file: "bench.yaml", text: yaml, files: () => undefined, drivers: [description] })
  if (ir === undefined) throw new Error(diagnostics.map(({ message }) => message).join("; "))
  return ir
}

export const start = (ir: Ir, answer: Answer, journal: JournalShape, onEvent?: RunOptions["onEvent"]): Promise<Fleet> =>
  startFleet(ir, {
    drivers: { instant: driver(answer) },
    workspaces: { directory: workspace },
    journal,
    root: "/",
    ...(onEvent === undefined ? {} : { onEvent }),
  })

/** How a fleet file begins: `sessions` and `routes` follow. */
export const header = (name: string, parallel: number): string => `fleet:
  name: ${name}
  workspace: directory
  permissions: deny
  limits: { parallel: ${parallel} }
  defaults: { driver: instant }
`
