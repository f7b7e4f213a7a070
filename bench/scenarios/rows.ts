import type { Row } from "../contract.ts"

/** The systems that run a graph of sessions, the baseline first. */
export const engines: readonly [Row, ...ReadonlyArray<Row>] = [
  { label: "bare fibers", subject: "fibers" },
  {
    label: "fleetwright",
    subject: "fleetwright",
    wants: { path: "runtime/index.ts", hint: "the runtime is not there" },
  },
  { label: "xstate", subject: "xstate", needs: "xstate" },
  { label: "langgraph", subject: "langgraph", needs: "@langchain/langgraph" },
  { label: "langgraph + MemorySaver", subject: "langgraph-memory-saver", needs: "@langchain/langgraph" },
  { label: "mastra", subject: "mastra", needs: "@mastra/core" },
]
