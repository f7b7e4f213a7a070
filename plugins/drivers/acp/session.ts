/** Starting a conversation with an ACP agent: the version, a new session or one from before, its mode and its model. */
import type { Json, PermissionMode } from "#ir"
import { failure, fieldsOf, isFields, listOf, numberOf, RpcError, textOf } from "#sdk"
import type { Fields, JsonRpc } from "#sdk"
import { fileMethods, type AcpContext } from "./config.ts"
import { authRequired, rpcFailure } from "./failures.ts"

export interface AcpSession {
  readonly id: string
  readonly version: 1 | 2
  /** US dollars that the conversation had cost before, as far as is known. */
  readonly spent: number
  /** Whether another process can take the conversation up. */
  readonly resumable: boolean
}

/** What a resumed conversation is found by: its id, and after it has cost something what that was. */
export const handleOf = (id: string, spent: number): string => (spent === 0 ? id : `usd=${spent} ${id}`)

const readHandle = (handle: string): { readonly id: string; readonly spent: number } => {
  const [, spent, id] = /^usd=([\d.e+-]+) (.*)$/su.exec(handle) ?? []
  return { id: id ?? handle, spent: spent === undefined ? 0 : Number(spent) || 0 }
}

const servedFor = ({ fs_methods: files = fileMethods, terminals }: AcpContext["config"]): Fields => {
  const besides = fileMethods.filter((method) => method !== "read" && method !== "write" && files.includes(method)).map((method) => `fs_${method}`)
  return {
    fs: { readTextFile: files.includes("read"), writeTextFile: files.includes("write") },
    terminal: terminals !== 0,
    elicitation: { form: {} },
    // What of CAP's coding profile and core is served besides.
    _meta: {
      cap: {
        profiles: ["cap-protocol/v1/profile/coding"],
        methods: [...besides, "user_io_show", "user_io_input", "notify"].map((name) => `_cap/${name}`),
      },
    },
  }
}
const info: Fields = { name: "fleetwright", title: "Fleetwright", version: "1.0.0" }

/** An agent that does not know version 2 answers with 1, and reads what that has. */
const helloOf = (version: 1 | 2, config: AcpContext["config"]): Fields => ({
  protocolVersion: version,
  clientCapabilities: servedFor(config),
  clientInfo: info,
  ...(version === 1 ? {} : { capabilities: { elicitation: { form: {} } }, info }),
})

/** The agent speaks no version so old. */
const unsupportedVersion = -32022

/** Something a session has several of and one at a time: modes, models. */
interface Choice {
  readonly current: string
  readonly offered: ReadonlyArray<string>
  readonly choose: (value: string) => Json
  readonly method: string
}

const optionValues = (option: Fields): ReadonlyArray<string> =>
  listOf(option["options"])
    .map(fieldsOf)
    .flatMap((each) => (isFields(each) && each["options"] !== undefined ? listOf(each["options"]).map(fieldsOf) : [each]))
    .map((each) => textOf(each["value"]))

/** As a configuration option of the session, where there is one, else as version 1 has it. */
const choiceOf = (what: "mode" | "model", version: 1 | 2, opened: Fields): Choice | undefined => {
  const option = listOf(opened["configOptions"])
    .map(fieldsOf)
    .find(({ category, type }) => category === what && (type === undefined || type === "select"))
  if (option !== undefined) {
    const configId = textOf(option["configId"]) || textOf(option["id"])
    const choose = (value: string): Json => ({ configId, value, ...(version === 2 ? { type: "id" } : {}) })
    return { current: textOf(option["currentValue"]), offered: optionValues(option), choose, method: "session/set_config_option" }
  }
  const state = fieldsOf(opened[`${what}s`])
  if (version === 2 || Object.keys(state).length === 0) return undefined
  const [list, id, current, method, key] =
    what === "mode"
      ? (["availableModes", "id", "currentModeId", "session/set_mode", "modeId"] as const)
      : (["availableModels", "modelId", "currentModelId", "session/set_model", "modelId"] as const)
  return {
    current: textOf(state[current]),
    offered: listOf(state[list]).map((each) => textOf(fieldsOf(each)[id])),
    choose: (value) => ({ [key]: value }),
    method,
  }
}

/** Modes of well-known agents in which somebody is asked, or nobody: the fleet decides what may be done, not the agent. */
const asking: ReadonlyArray<string> = ["default", "workspace-write", "ask"]
const deciding: ReadonlyArray<string> = ["auto", "agent", "acceptEdits", "autoEdit", "auto-edit", "bypassPermissions", "yolo", "agent-full-access"]
const free: ReadonlyArray<string> = ["bypassPermissions", "yolo", "agent-full-access"]

/** The mode to ask for; undefined when that of the session will do. */
export const modeFor = (permissions: PermissionMode, current: string, offered: ReadonlyArray<string>): string | undefined => {
  const among = (modes: ReadonlyArray<string>): string | undefined => modes.find((mode) => offered.includes(mode))
  if (permissions === "bypass") return among(free)
  if (permissions === "deny" && offered.includes("read-only")) return "read-only"
  return deciding.includes(current) ? among(asking) : undefined
}

/** Rejects with a `FleetFailure` that says what the agent refused, or cannot do of what the session wants. */
export const startSession = async (rpc: JsonRpc, context: AcpContext, known: (id: string) => void): Promise<AcpSession> => {
  const { target: name, auth, mode, protocol } = context.config
  const call = async (what: string, method: string, params: Json): Promise<Fields> => {
    try {
      return fieldsOf(await rpc.call(method, params))
    } catch (error) {
      if (!(error instanceof RpcError)) throw error
      const { kind, message } = rpcFailure(name, what, error)
      throw failure(kind, message)
    }
  }

  const greet = async (offered: 1 | 2): Promise<Fields> => {
    try {
      return fieldsOf(await rpc.call("initialize", helloOf(offered, context.config)))
    } catch (error) {
      if (!(error instanceof RpcError)) throw error
      if (offered === 1 && error.code === unsupportedVersion) return greet(2)
      const { kind, message } = rpcFailure(name, "refused the connection", error)
      throw failure(kind, message)
    }
  }

  const hello = await greet(protocol === "2" ? 2 : 1)
  const version = numberOf(hello["protocolVersion"])
  if (version !== 1 && version !== 2) throw failure("driver_error", `${name} speaks version ${version} of ACP; versions 1 and 2 are understood here`)
  if (auth !== undefined) await call(`could not sign in by ${auth}`, version === 1 ? "authenticate" : "auth/login", { methodId: auth })

  const abilities = fieldsOf(hello[version === 1 ? "agentCapabilities" : "capabilities"])
  const loads = abilities["loadSession"] === true
  const resumes = version === 2 || isFields(fieldsOf(abilities["sessionCapabilities"])["resume"])
  const place = { cwd: context.directory, mcpServers: [] }
  const begin = async (): Promise<{ readonly id: string; readonly spent: number; readonly opened: Fields }> => {
    if (context.resume === undefined) {
      const opened = await openNew()
      return { id: textOf(opened["sessionId"]), spent: 0, opened }
    }
    if (!loads && !resumes) throw failure("driver_error", `${name} cannot take up a conversation from before`)
    const { id, spent } = readHandle(context.resume)
    known(id)
    const opened = await call("could not take up its conversation again", loads ? "session/load" : "session/resume", { sessionId: id, ...place })
    return { id, spent, opened }
  }
  const openNew = async (): Promise<Fields> => {
    try {
      return fieldsOf(await rpc.call("session/new", place))
    } catch (error) {
      if (!(error instanceof RpcError)) throw error
      const ways =
        error.code === authRequired
          ? listOf(hello["authMethods"])
              .map((way) => textOf(fieldsOf(way)["id"]) || textOf(fieldsOf(way)["methodId"]))
              .filter((id) => id !== "")
          : []
      const { kind, message } = rpcFailure(name, "did not open a session", error)
      throw failure(kind, ways.length === 0 ? message : `${message}; \`auth\` may be one of ${ways.join(", ")}`)
    }
  }

  const { id, spent, opened } = await begin()
  if (id === "") throw failure("driver_error", `${name} opened a session without an id`)
  known(id)
  const set = async (what: "mode" | "model", value: string): Promise<void> => {
    const choice = choiceOf(what, version, opened)
    if (choice === undefined) throw failure("driver_error", `${name} offers no choice of ${what}s: leave \`${what}\` out, or see whether \`args\` can say it`)
    if (choice.current === value) return
    if (!choice.offered.includes(value)) throw failure("driver_error", `${name} has no ${what} "${value}"; it has ${choice.offered.join(", ")}`)
    await call(`did not take the ${what} ${value}`, choice.method, { sessionId: id, ...fieldsOf(choice.choose(value)) })
  }
  if (context.model !== undefined) await set("model", context.model)
  const modes = choiceOf("mode", version, opened)
  const wanted = mode ?? (modes === undefined ? undefined : modeFor(context.permissions, modes.current, modes.offered))
  if (wanted !== undefined) await set("mode", wanted)
  return { id, version, spent, resumable: loads || resumes }
}
