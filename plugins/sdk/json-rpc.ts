/**
 * JSON-RPC 2.0 over frames: our calls find their answers, what the agent calls is handed over. An id of the agent may be any
 * number or text, 0 included, and has nothing to do with ours. Nothing here knows a process or a method.
 */
import type { Json } from "#ir"
import { fieldsOf, numberOf, textOf, type Fields } from "./json.ts"

export type RpcId = string | number

/** What the agent wants: an answer to a request, or nobody's with a notification. */
export type Incoming =
  | { readonly type: "request"; readonly id: RpcId; readonly method: string; readonly params: Fields }
  | { readonly type: "notification"; readonly method: string; readonly params: Fields }

/** What the other side answers when it cannot do what it was called for. */
export class RpcError extends Error {
  override readonly name = "RpcError"
  readonly code: number
  readonly data: Json | undefined
  constructor(code: number, message: string, data?: Json) {
    super(message)
    this.code = code
    this.data = data
  }
}

export const methodNotFound = -32601

export interface JsonRpc {
  /** Rejects with an `RpcError`, or with the error of `end`. */
  readonly call: (method: string, params?: Json) => Promise<Json>
  readonly notify: (method: string, params?: Json) => void
  readonly answer: (id: RpcId, result: Json) => void
  readonly refuse: (id: RpcId, code: number, message: string) => void
  /** Settles the call a frame answers, or gives what it asks. Nothing for a frame that is neither. */
  readonly take: (frame: Fields) => Incoming | undefined
  /** Nothing more will come: calls under way, and later ones, reject with this. */
  readonly end: (error: Error) => void
}

interface Call {
  readonly resolve: (result: Json) => void
  readonly reject: (error: Error) => void
}

const isId = (value: Json | undefined): value is RpcId => typeof value === "string" || typeof value === "number"

/** `version`: whether frames carry `"jsonrpc": "2.0"`. */
export const makeJsonRpc = (write: (frame: Json) => void, version: boolean): JsonRpc => {
  const calls = new Map<RpcId, Call>()
  let ended: Error | undefined
  let last = 0
  const marked = (frame: Fields): Json => (version ? { jsonrpc: "2.0", ...frame } : frame)
  const withParams = (params: Json | undefined): Fields => (params === undefined ? {} : { params })
  return {
    call: (method, params) =>
      new Promise((resolve, reject) => {
        if (ended !== undefined) return reject(ended)
        const id = ++last
        calls.set(id, { resolve, reject })
        write(marked({ id, method, ...withParams(params) }))
      }),
    notify: (method, params) => write(marked({ method, ...withParams(params) })),
    answer: (id, result) => write(marked({ id, result })),
    refuse: (id, code, message) => write(marked({ id, error: { code, message } })),
    take: (frame) => {
      const { id, method, error } = frame
      const params = fieldsOf(frame["params"])
      if (typeof method === "string") return isId(id) ? { type: "request", id, method, params } : { type: "notification", method, params }
      const call = isId(id) ? calls.get(id) : undefined
      if (call === undefined || !isId(id)) return undefined
      calls.delete(id)
      if (error === undefined || error === null) call.resolve(frame["result"] ?? null)
      else
        call.reject(new RpcError(numberOf(fieldsOf(error)["code"]), textOf(fieldsOf(error)["message"]) || "refused without a reason", fieldsOf(error)["data"]))
      return undefined
    },
    end: (error) => {
      ended ??= error
      for (const call of calls.values()) call.reject(error)
      calls.clear()
    },
  }
}
