/** The same fleets as IR, run by the engine: drivers that answer at once, no workspace to make, the memory journal. */
import { compile } from "../../compiler/index.ts"
import type { DriverDescription } from "../../compiler/index.ts"
import { makeOutbox } from "../../plugins/sdk/index.ts"
import type { Driver, DriverEvent, Workspace, WorkspaceProvider } from "../../plugins/sdk/index.ts"
import { makeMemoryJournal, startFleet } from "../../runtime/index.ts"
import type { Fleet, RunOptions } from "../../runtime/index.ts"
import type { Engine, Run } from "../contract.ts"

type Json = NonNullable<RunOptions["inputs"]>[string]
type Ir = RunOptions["ir"]

const capabilities: Driver["capabilities"] = {
  model: false,
  systemPrompt: false,
  maxTurns: false,
  resume: false,
  queuedInput: false,
  cancelTurn: true,
  permission: false,
  structuredOutput: true,
  usage: "none",
}

const description: DriverDescription = { name: "instant", version: "1.0.0", scheme: false, keys: {}, abilities: ["output", "permissions"] }

/** Answers each prompt at once with what `answer` makes of it; with undefined it keeps silent until it is closed. */
const driver = (answer: (session: string, prompt: string) => Json | undefined): Driver => ({
  capabilities,
  open: async ({ session }) => {
    const events = makeOutbox<DriverEvent>()
    return {
      events,
      send: (frame) => {
        if (frame.type !== "prompt") return
        const output = answer(session, frame.text)
        if (output !== undefined) events.push({ type: "turn.ended", end: { stop: "end_turn" }, text: "", output })
      },
      close: () => events.end(),
    }
  },
})

const place: Workspace = { path: "/", snapshot: async () => undefined, diff: async () => "", release: async () => ({}) }
const workspace: WorkspaceProvider = { isolated: true, acquire: async () => place }

const fleet = (yaml: string): Ir => {
  const { diagnostics, ir } = compile({ file: "bench.yaml", text: yaml, files: () => undefined, drivers: [description] })
  if (ir === undefined) throw new Error(diagnostics.map(({ message }) => message).join("; "))
  return ir
}

const start = (ir: Ir, answer: Parameters<typeof driver>[0], onEvent?: RunOptions["onEvent"]): Promise<Fleet> =>
  startFleet(ir, {
    drivers: { instant: driver(answer) },
    workspaces: { directory: workspace },
    journal: makeMemoryJournal(),
    root: "/",
    ...(onEvent === undefined ? {} : { onEvent }),
  })

/** The run's output `answer`. */
const runOf =
  (ir: Ir, answer: Parameters<typeof driver>[0]): Run =>
  async () => {
    const running = await start(ir, answer)
    const { outputs, status, reason } = await running.result
    await running.close()
    const value = outputs["answer"]
    if (typeof value !== "number") throw new Error(`the run ended ${status} without an answer: ${reason}`)
    return value
  }

const header = (name: string, parallel: number): string => `fleet:
  name: ${name}
  workspace: directory
  permissions: deny
  limits: { parallel: ${parallel} }
  defaults: { driver: instant }
`

const pipeline = (n: number): Run => {
  const sessions = Array.from({ length: n }, (_, i) => `    step-${i}: { output: integer }\n`)
  const routes = Array.from({ length: n - 1 }, (_, i) => `    on step-${i}.done -> step-${i + 1} with "\${step-${i}.output}"\n`)
  const ir = fleet(`${header("pipeline", 8)}  start: step-0
  task: "0"
  outputs: { answer: step-${n - 1}.output }
  sessions:
${sessions.join("")}  routes: |
${routes.join("")}`)
  return runOf(ir, (_, prompt) => Number(prompt) + 1)
}

const fanOutFleet = (n: number): Ir =>
  fleet(`${header("fan-out", n + 2)}  sessions:
    lead: { output: [integer] }
    worker: { output: integer }
    join: { output: integer }
  start: lead
  outputs: { answer: join.output }
  routes: |
    on lead.done -> for item in lead.output -> worker with "\${item}"
    on all(worker.done) -> join with "\${json(worker.outputs)}"
`)

const answers = (n: number) => {
  const items = Array.from({ length: n }, (_, item) => item)
  return (session: string, prompt: string): Json => {
    if (session === "lead") return items
    if (session !== "join") return Number(prompt)
    const parts: ReadonlyArray<number> = JSON.parse(prompt)
    return parts.reduce((sum, part) => sum + part, 0)
  }
}

const fanOut = (n: number): Run => runOf(fanOutFleet(n), answers(n))

/** Workers whose driver is open and has been prompted, and keeps silent: the most that an idle session holds. */
const idle = async (n: number): Promise<unknown> => {
  const answer = answers(n)
  const all = Promise.withResolvers<void>()
  let started = 0
  const running = await start(
    fanOutFleet(n),
    (session, prompt) => (session === "lead" ? answer(session, prompt) : undefined),
    ({ type }) => {
      if (type === "turn.started" && ++started === n + 1) all.resolve()
    },
  )
  await all.promise
  // The commands of that step are carried out after its events.
  await new Promise(setImmediate)
  return running
}

export const subject: Engine = { pipeline, fanOut, idle }
