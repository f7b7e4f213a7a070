/** LangGraph with its in-memory checkpointer, the nearest thing to a memory journal. */
import { MemorySaver } from "@langchain/langgraph"
import { langgraph } from "./langgraph-graphs.ts"

export const subject = langgraph(() => new MemorySaver())
