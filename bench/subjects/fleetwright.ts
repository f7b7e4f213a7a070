/** The same fleets as IR, run by the engine: drivers that answer at once, no workspace to make, the memory journal. */
import { makeMemoryJournal } from "../../runtime/index.ts"
import type { Engine, Run } from "../contract.ts"
import { compileFleet, header, start, type Answer, type Ir } from "./fleet-parts.ts"

/** The run's output `answer`. */
const runOf =
  (ir: Ir, answer: Answer): Run =>
  async () => {
    const running = await start(ir, answer, makeMemoryJournal())
    const { outputs, status, reason } = await running.result
    await running.close()
    const value = outputs["answer"]
    if (typeof value !== "number") throw new Error(`the run ended ${status} without an answer: ${reason}`)
    return value
  }

const pipeline = (n: number): Run => {
  const sessions = Array.from({ length: n }, (_, i) => `    step-${i}: { output: integer }\n`)
  const routes = Array.from({ length: n - 1 }, (_, i) => `    on step-${i}.done -> step-${i + 1} with "\${step-${i}.output}"\n`)
  const ir = compileFleet(`${header("pipeline", 8)}  start: step-0
  task: "0"
  outputs: { answer: step-${n - 1}.output }
  sessions:
${sessions.join("")}  routes: |
${routes.join("")}`)
  return runOf(ir, (_, prompt) => ({ output: Number(prompt) + 1 }))
}

const fanOutFleet = (n: number): Ir =>
  compileFleet(`${header("fan-out", n + 2)}  sessions:
    lead: { output: [integer] }
    worker: { output: integer }
    join: { output: integer }
  start: lead
  outputs: { answer: join.output }
  routes: |
    on lead.done -> for item in lead.output -> worker with "\${item}"
    on all(worker.done) -> join with "\${json(worker.outputs)}"
`)

const answers = (n: number): Answer => {
  const items = Array.from({ length: n }, (_, item) => item)
  return (session, prompt) => {
    if (session === "lead") return { output: items }
    if (session !== "join") return { output: Number(prompt) }
    const parts: ReadonlyArray<number> = JSON.parse(prompt)
    return { output: parts.reduce((sum, part) => sum + part, 0) }
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
    makeMemoryJournal(),
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
