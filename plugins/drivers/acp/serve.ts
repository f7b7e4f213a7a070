/** What is done for an ACP agent on this side: it reads and writes files and runs commands by us, and what CAP adds to that. */
import type { Json } from "#ir"
import { commandOf, methodNotFound, RpcError } from "#sdk"
import type { Fields } from "#sdk"
import { serveCap, type CapHost } from "./cap-served.ts"
import type { FileMethod } from "./config.ts"
import { argvOf, variablesOf, type Terminals } from "./terminals.ts"
import { changeable, pathInside, readTextFile, writeTextFile } from "./workspace-files.ts"

/** Of CAP: asked for what was not declared. */
const unsupportedCapability = -32003

const doneBy: { readonly [method: string]: FileMethod | undefined } = {
  "fs/read_text_file": "read",
  "fs/write_text_file": "write",
  "_cap/fs_list": "list",
  "_cap/fs_exists": "exists",
  "_cap/fs_delete": "delete",
  "_cap/fs_watch": "watch",
}

export interface ServeHost extends CapHost {
  readonly files: ReadonlyArray<FileMethod>
  readonly terminals: Terminals
  /** Whether the agent has asked in this turn for a command or a path, and may have it. */
  readonly permitted: (what: string) => boolean
}

/** Rejects with the error that the agent gets. */
export const serve = async (method: string, params: Fields, host: ServeHost): Promise<Json> => {
  const { scope, terminals, use, permit, permitted, files } = host
  const wants = doneBy[method]
  if (wants !== undefined && !files.includes(wants))
    throw new RpcError(unsupportedCapability, `cap_unsupported_capability: this agent may not ${wants} files; see \`fs_methods\`, or \`fs\` in its manifest`)
  const cap = await serveCap(method, params, host)
  if (cap !== undefined) return cap
  switch (method) {
    case "fs/read_text_file":
      use("read_file")
      return readTextFile(scope, params)
    case "fs/write_text_file": {
      const path = changeable(scope, pathInside(scope, params["path"]))
      if (!permitted(path)) await permit("write_text_file", { path, content: params["content"] ?? "" }, "edit")
      use("write_file")
      return writeTextFile(scope, params)
    }
    case "terminal/create":
      await permitCommand(params, host)
      use("terminal")
  }
  const served = terminals.serve(method, params)
  if (served === undefined) throw new RpcError(methodNotFound, `${method} is not served`)
  return served
}

const permitCommand = async (params: Fields, { scope, permit, permitted }: ServeHost): Promise<void> => {
  const { cwd } = params
  if (typeof cwd === "string") pathInside(scope, cwd)
  const command = [...argvOf(params)]
  const env = Object.entries(variablesOf(params)).map(([name, value]) => `${name}=${value}`)
  // What was permitted before was a command without variables.
  if (env.length === 0 && permitted(commandOf({ input: { command } }))) return
  await permit("terminal", { command, ...(cwd === undefined ? {} : { cwd }), ...(env.length === 0 ? {} : { env }) }, "execute")
}
