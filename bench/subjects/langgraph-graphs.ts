/** One node per session; the fan-out is a list of `Send`s to one node, joined by the next superstep. */
import { Annotation, END, Send, START, StateGraph } from "@langchain/langgraph"
import type { BaseCheckpointSaver } from "@langchain/langgraph"
import type { Engine } from "../contract.ts"

const Pipeline = Annotation.Root({ value: Annotation<number>() })

const FanOut = Annotation.Root({
  size: Annotation<number>(),
  sum: Annotation<number>(),
  answers: Annotation<Array<number>>({ reducer: (left, right) => left.concat(right), default: () => [] }),
})

/** Engine over graphs compiled with the given checkpointer; each run is a thread of its own. */
export const langgraph = (checkpointer: (() => BaseCheckpointSaver) | undefined): Engine => {
  const options = () => (checkpointer === undefined ? {} : { checkpointer: checkpointer() })
  const run = { configurable: { thread_id: "run" } }

  return {
    pipeline: (n) => {
      const graph = new StateGraph(Pipeline)
      const name = (i: number) => `session-${i}`
      // The builder types node names as literals, which generated names are not.
      const edges = graph as unknown as { addEdge(from: string, to: string): void }
      for (let i = 0; i < n; i++) graph.addNode(name(i), async ({ value }) => ({ value: value + 1 }))
      for (let i = 0; i <= n; i++) edges.addEdge(i === 0 ? START : name(i - 1), i === n ? END : name(i))
      const compiled = graph.compile(options())
      return async () => (await compiled.invoke({ value: 0 }, { ...run, recursionLimit: n + 10 })).value
    },

    fanOut: (n) => {
      const compiled = new StateGraph(FanOut)
        .addNode("lead", async () => ({}))
        .addNode("worker", async ({ item }: { readonly item: number }) => ({ answers: [item] }))
        .addNode("join", async ({ answers }) => ({ sum: answers.reduce((left, right) => left + right, 0) }))
        .addEdge(START, "lead")
        .addConditionalEdges("lead", ({ size }) => Array.from({ length: size }, (_, item) => new Send("worker", { item })), ["worker"])
        .addEdge("worker", "join")
        .addEdge("join", END)
        .compile(options())
      return async () => (await compiled.invoke({ size: n }, run)).sum
    },
  }
}
