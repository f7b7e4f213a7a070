/** What the agent has asked and nobody has answered yet, and the replies that hold for the next call like it. */
import type { Json } from "#ir"
import type { AgentEvent, Conversation, RpcId } from "#sdk"

interface Asked {
  readonly rpcId?: RpcId
  /** The call, for replies that hold for the next one like it. */
  readonly name?: string
  readonly reply: (reply: Json) => void
  readonly cancel: () => void
}

export interface OpenRequests {
  readonly open: (request: string, event: AgentEvent, asked: Asked) => void
  /** A reply to what is not open any more means nothing. */
  readonly answer: (request: string, reply: Json) => void
  /** What was always allowed or denied, by the call. */
  readonly decided: (name: string) => "allow_once" | "deny" | undefined
  /** The agent takes its own request back. */
  readonly withdraw: (rpcId: unknown) => void
  readonly cancelAll: () => void
}

export const makeOpenRequests = (conversation: Conversation): OpenRequests => {
  const all = new Map<string, Asked>()
  const decided = new Map<string, "allow_once" | "deny">()
  const settle = (request: string): Asked | undefined => {
    const asked = all.get(request)
    all.delete(request)
    if (asked !== undefined) conversation.settled(request)
    return asked
  }
  return {
    open: (request, event, asked) => {
      all.set(request, asked)
      conversation.ask(request, event)
    },
    answer: (request, reply) => {
      const asked = settle(request)
      if (asked === undefined) return
      if (asked.name !== undefined && reply === "deny_always") decided.set(asked.name, "deny")
      if (asked.name !== undefined && reply === "allow_always") decided.set(asked.name, "allow_once")
      asked.reply(reply)
    },
    decided: (name) => decided.get(name),
    withdraw: (wanted) => {
      const [request, asked] = [...all].find(([, { rpcId }]) => rpcId !== undefined && rpcId === wanted) ?? []
      if (request === undefined || asked === undefined) return
      settle(request)
      asked.cancel()
      conversation.emit({ kind: "cap.request.withdrawn", req_id: request })
    },
    cancelAll: () => {
      for (const asked of all.values()) asked.cancel()
      all.clear()
    },
  }
}
