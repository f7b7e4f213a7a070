/** One step per session, without storage; the fan-out is a `foreach` that may run all items at once. */
import { createStep, createWorkflow } from "@mastra/core/workflows"
import { z } from "zod"
import type { Engine, Run } from "../contract.ts"

const value = z.object({ value: z.number() })

const session = (id: string, add: number) =>
  createStep({
    id,
    inputSchema: value,
    outputSchema: value,
    execute: async ({ inputData }) => ({ value: inputData.value + add }),
  })

interface Runnable {
  readonly createRun: () => Promise<{
    readonly start: (options: { inputData: { value: number } }) => Promise<{
      readonly status: string
      readonly result?: unknown
    }>
  }>
}

const runOf =
  (workflow: Runnable, input: number): Run =>
  async () => {
    const run = await workflow.createRun()
    const ended = await run.start({ inputData: { value: input } })
    if (ended.status !== "success") throw new Error(`the workflow ended ${ended.status}`)
    return value.parse(ended.result).value
  }

const pipeline = (n: number): Run => {
  const empty = createWorkflow({ id: "pipeline", inputSchema: value, outputSchema: value })
  let workflow = empty.then(session("session-0", 1))
  for (let i = 1; i < n; i++) workflow = workflow.then(session(`session-${i}`, 1))
  return runOf(workflow.commit() as unknown as Runnable, 0)
}

const lead = createStep({
  id: "lead",
  inputSchema: value,
  outputSchema: z.array(value),
  execute: async ({ inputData }) => Array.from({ length: inputData.value }, (_, item) => ({ value: item })),
})

const join = createStep({
  id: "join",
  inputSchema: z.array(value),
  outputSchema: value,
  execute: async ({ inputData }) => ({ value: inputData.reduce((sum, answer) => sum + answer.value, 0) }),
})

const fanOut = (n: number): Run => {
  const workflow = createWorkflow({ id: "fan-out", inputSchema: value, outputSchema: value })
    .then(lead)
    .foreach(session("worker", 0), { concurrency: n })
    .then(join)
    .commit()
  return runOf(workflow as unknown as Runnable, n)
}

export const subject: Engine = { pipeline, fanOut }
