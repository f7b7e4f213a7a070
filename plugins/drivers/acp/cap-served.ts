/** What an ACP agent may call of CAP that ACP has not: the rest of the coding profile, and the core's ways to its user (8). */
import type { Json } from "#ir"
import { RpcError, textOf } from "#sdk"
import type { AgentEvent, Fields, ServedTool } from "#sdk"
import { deletable, deleteFile, existsFile, listFiles, type Watches } from "./cap-files.ts"
import { invalidParams } from "./workspace-files.ts"

export interface CapHost {
  /** Where its files are. */
  readonly scope: string
  readonly watches: Watches
  /** Right before something is done. Throws when it may not be. */
  readonly use: (tool: ServedTool) => void
  /** Rejects unless the fleet permits it. */
  readonly permit: (tool: string, input: Fields, kind: string) => Promise<void>
  /** Asks the fleet, by a request of that name. */
  readonly ask: (event: (request: string) => AgentEvent) => Promise<Json>
}

/** Nobody there: what the agent said to take then. */
const inputText = (params: Fields, reply: Json): string =>
  reply === null ? textOf(params["default"]) : typeof reply === "string" ? reply : JSON.stringify(reply)

const note =
  (method: string, { title = "", body = "", level, urgent }: Fields) =>
  (rpc_id: string): AgentEvent => ({
    kind: "cap.reverse_rpc",
    rpc_id,
    method,
    title,
    body,
    ...(level === undefined ? {} : { level }),
    ...(urgent === undefined ? {} : { urgent }),
  })

/** Undefined for a method that is none of these. */
export const serveCap = async (method: string, params: Fields, host: CapHost): Promise<Json | undefined> => {
  const { scope, watches, use, permit, ask } = host
  switch (method) {
    case "_cap/fs_list":
      use("read_file")
      return listFiles(scope, params)
    case "_cap/fs_exists":
      use("read_file")
      return existsFile(scope, params)
    case "_cap/fs_watch":
      use("read_file")
      return watches.start(scope, params)
    case "_cap/fs_delete": {
      const path = deletable(scope, params)
      await permit("delete", { path, recursive: params["recursive"] === true }, "delete")
      use("write_file")
      // A link may have come into the way of what was permitted.
      if (deletable(scope, params) !== path) throw new RpcError(invalidParams, `${path} is no longer what it was`)
      return deleteFile(path, params)
    }
    case "_cap/user_io_input":
      return { text: inputText(params, await ask((ask_id) => ({ kind: "cap.ask_user", ask_id, prompt: textOf(params["prompt"]) }))) }
    case "_cap/user_io_show":
      await ask(note("cap.user_io.show", params))
      return { ok: true }
    case "_cap/notify":
      await ask(note("cap.notify", params))
      return { ok: true }
    default:
      return undefined
  }
}
