/** LangGraph without a checkpointer: nothing is kept. */
import { langgraph } from "./langgraph-graphs.ts"

export const subject = langgraph(undefined)
