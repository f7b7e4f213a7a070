/** A small agent that speaks A2A over HTTP, in the version and binding that a test asks for, and makes the faults it is told to. */
import { randomUUID } from "node:crypto"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"

export interface AgentOptions {
  readonly binding: "JSONRPC" | "HTTP+JSON"
  readonly version: "1.0" | "0.3"
  readonly streaming?: boolean
  /** Cuts every stream after so many events. */
  readonly cutAfter?: number
  /** Without it all requests are refused. */
  readonly token?: string
  /** On its card, as A2A writes them. */
  readonly extensions?: ReadonlyArray<string>
  /** On its card, as CAP writes them. */
  readonly capExtensions?: ReadonlyArray<string>
  /** The card says that the agent is there. */
  readonly elsewhere?: string
}

export interface Agent {
  readonly url: string
  /** Methods or paths that were asked for, and states that tasks ended in. */
  readonly log: Array<string>
  readonly prompts: Array<string>
  readonly close: () => Promise<void>
}

interface Task {
  readonly id: string
  readonly contextId: string
  state: string
  message?: unknown
  readonly artifacts: Map<string, string>
  readonly listeners: Set<(event: Body | undefined) => void>
  resume?: (text: string, parts: unknown) => void
  /** Said as events of CAP with the end. */
  last?: ReadonlyArray<Body>
}

type Body = { readonly [key: string]: unknown }

const recordOf = (value: unknown): Body => (typeof value === "object" && value !== null ? { ...value } : {})
const ended = new Set(["completed", "failed", "canceled", "rejected"])

export const startAgent = async (options: AgentOptions): Promise<Agent> => {
  const old = options.version === "0.3"
  const tasks = new Map<string, Task>()
  const words = new Map<string, string>()
  const log: Array<string> = []
  const prompts: Array<string> = []

  const stateName = (state: string): string => (old ? state : `TASK_STATE_${state.toUpperCase().replaceAll("-", "_")}`)
  const part = (text: string): Body => (old ? { kind: "text", text } : { text })
  /** An event of CAP, marked in either of the ways that there are. */
  const capPart = (event: Body, at: number): Body => {
    const { kind, ...data } = event
    return { ...(old ? { kind: "data" } : {}), data, ...(at % 2 === 0 ? { _meta: { cap: { kind } } } : { metadata: { "cap.kind": kind } }) }
  }
  const messageOf = (text: string, cap: ReadonlyArray<Body> = []): Body => ({
    ...(old ? { kind: "message" } : {}),
    messageId: randomUUID(),
    role: old ? "agent" : "ROLE_AGENT",
    parts: [...(text === "" ? [] : [part(text)]), ...cap.map(capPart)],
  })
  const statusOf = (task: Task): Body => ({ state: stateName(task.state), ...(task.message === undefined ? {} : { message: task.message }) })
  const snapshot = (task: Task): Body => ({
    ...(old ? { kind: "task" } : {}),
    id: task.id,
    contextId: task.contextId,
    status: statusOf(task),
    artifacts: [...task.artifacts].map(([artifactId, text]) => ({ artifactId, parts: [part(text)] })),
  })
  const wrapped = (key: string, kind: string, body: Body): Body => (old ? { kind, ...body } : { [key]: body })
  const tell = (task: Task, event: Body): void => {
    for (const listener of task.listeners) listener(event)
  }
  const become = (task: Task, state: string, text?: string, cap?: ReadonlyArray<Body>): void => {
    if (ended.has(task.state)) return
    task.state = state
    task.message = text === undefined ? undefined : messageOf(text, cap)
    tell(
      task,
      wrapped("statusUpdate", "status-update", {
        taskId: task.id,
        contextId: task.contextId,
        status: statusOf(task),
        ...(old ? { final: ended.has(state) } : {}),
      }),
    )
    if (ended.has(state)) log.push(state)
    if (ended.has(state) || state === "input-required") for (const listener of task.listeners) listener(undefined)
  }
  const say = (task: Task, text: string, id = "answer"): void => {
    const before = task.artifacts.get(id)
    task.artifacts.set(id, (before ?? "") + text)
    const body = { taskId: task.id, contextId: task.contextId, artifact: { artifactId: id, parts: [part(text)] }, append: before !== undefined }
    tell(task, wrapped("artifactUpdate", "artifact-update", body))
  }
  const soon = (): Promise<void> =>
    new Promise((next) => {
      setImmediate(next)
    })

  const play = async (task: Task, text: string): Promise<void> => {
    await soon()
    become(task, "working", "on it")
    const scene = text.split("\n\n").at(-1) ?? ""
    switch (scene.split(" ")[0]) {
      case "hello":
        for (const word of ["hello ", "from the ", "agent"]) {
          say(task, word)
          await soon()
        }
        break
      case "question":
        become(task, "input-required", "Which color?")
        say(
          task,
          `you said ${await new Promise<string>((resolve) => {
            task.resume = resolve
          })}`,
        )
        break
      case "cap": {
        become(task, "working", "", [
          { kind: "cap.thought", text: "hm" },
          { kind: "cap.plan", entries: [{ id: "p1", content: "do it", status: "pending" }] },
          { kind: "cap.tool_call.start", call_id: "c", name: "Bash", input: { command: "ls" } },
          { kind: "cap.of.a.later.version" },
        ])
        task.last = [{ kind: "cap.usage", input_tokens: 30, output_tokens: 12, cost_usd_estimate: 0.5 }]
        become(task, "input-required", "", [
          { kind: "cap.permission.request", req_id: "perm_01", tool: "Bash", intent: { command: "rm -rf x" }, scope: "write", risk_level: "medium" },
        ])
        const [text, parts] = await new Promise<readonly [string, unknown]>((resolve) => {
          task.resume = (...given) => resolve(given)
        })
        become(task, "working", "", [{ kind: "cap.tool_call.end", call_id: "c", is_error: false }])
        return say(task, JSON.stringify([text, Array.isArray(parts) ? parts[1] : null]))
      }
      case "limited":
        return become(task, "failed", "", [{ kind: "cap.error", code: "rate_limit", message: "too much", retryable: true }])
      case "hang":
        say(task, "working")
        return
      case "remember":
        words.set(task.contextId, scene.split(" ")[1] ?? "")
        say(task, "noted")
        break
      case "recall":
        say(task, words.get(task.contextId) ?? "nothing")
        break
      case "flood":
        for (let number = 0; number < 1000; number++) say(task, `${number} `)
        break
      default:
        return become(task, "failed", `no scene ${scene}`)
    }
    become(task, "completed")
  }

  const textIn = (message: Body): string =>
    Array.isArray(message["parts"]) ? message["parts"].map((each: unknown) => textOf(recordOf(each)["text"])).join("") : ""
  const textOf = (value: unknown): string => (typeof value === "string" ? value : "")

  const received = (params: Body): { readonly task: Task; readonly start: () => void } | undefined => {
    const message = recordOf(params["message"])
    const text = textIn(message)
    prompts.push(text)
    const known = tasks.get(textOf(message["taskId"]))
    if (known !== undefined) {
      return {
        task: known,
        start: () => {
          known.state = "working"
          known.resume?.(text, message["parts"])
          void soon().then(() => (known.last === undefined ? become(known, "completed") : become(known, "completed", "", known.last)))
        },
      }
    }
    const task: Task = {
      id: randomUUID(),
      contextId: textOf(message["contextId"]) || randomUUID(),
      state: "submitted",
      artifacts: new Map(),
      listeners: new Set(),
    }
    tasks.set(task.id, task)
    return { task, start: () => void play(task, text) }
  }

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const base = `http://${request.headers.host}`
    const path = new URL(request.url ?? "/", base).pathname
    const json = (status: number, value: unknown): void => void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value))
    if (options.token !== undefined && request.headers.authorization !== `Bearer ${options.token}`) return json(401, { error: { message: "who are you?" } })
    if (path === "/.well-known/agent-card.json") {
      const url = options.elsewhere ?? `${base}/a2a`
      const listed = (uris: ReadonlyArray<string> = []): ReadonlyArray<Body> => uris.map((uri) => ({ uri, required: true }))
      const capabilities = { streaming: options.streaming ?? true, extensions: listed(options.extensions) }
      const extensions = listed(options.capExtensions)
      return json(
        200,
        old
          ? { name: "small", url, preferredTransport: "JSONRPC", protocolVersion: "0.3.0", capabilities, extensions }
          : { name: "small", supportedInterfaces: [{ url, protocolBinding: options.binding, protocolVersion: "1.0" }], capabilities, extensions },
      )
    }
    const chunks: Array<Buffer> = []
    for await (const chunk of request) if (chunk instanceof Buffer) chunks.push(chunk)
    const body = chunks.length === 0 ? {} : recordOf(JSON.parse(Buffer.concat(chunks).toString("utf8")))
    const rpc = options.binding === "JSONRPC"
    const params = rpc ? recordOf(body["params"]) : body
    const [, id, verb] = /^\/a2a\/tasks\/([^:]+)(?::(\w+))?$/u.exec(path) ?? []
    const operation = rpc
      ? textOf(body["method"])
          .replace(/^message\/|^tasks\//u, "")
          .toLowerCase()
      : (verb ?? (id === undefined ? path.replace("/a2a/message:", "") : "get"))
    const wanted = request.headers["a2a-extensions"]
    if (wanted !== undefined) log.push(`wants ${String(wanted)}`)
    log.push(rpc ? textOf(body["method"]) : `${request.method} ${path.replace(id ?? "", "ID")}`)
    const answer = (value: Body): Body => (rpc ? { jsonrpc: "2.0", id: body["id"], result: value } : value)
    const refuse = (status: number, code: number, message: string): void =>
      rpc ? json(200, { jsonrpc: "2.0", id: body["id"], error: { code, message } }) : json(status, { error: { code: status, message } })
    const listen = (task: Task, start: () => void, first: Body): void => {
      response.writeHead(200, { "content-type": "text/event-stream" })
      let sent = 0
      const listener = (event: Body | undefined): void => {
        if (event === undefined) {
          task.listeners.delete(listener)
          return void response.end()
        }
        response.write(`data: ${JSON.stringify(answer(event))}\n\n`)
        if (++sent !== options.cutAfter) return
        task.listeners.delete(listener)
        setImmediate(() => response.destroy())
      }
      task.listeners.add(listener)
      listener(first)
      start()
    }
    if (/^(?:sendstreamingmessage|stream|sendmessage|send)$/u.test(operation)) {
      const { task, start } = received(params) ?? {}
      if (task === undefined || start === undefined) return refuse(400, -32602, "no message")
      if (/stream/u.test(operation)) return listen(task, start, old ? snapshot(task) : { task: snapshot(task) })
      start()
      return json(200, answer(old ? snapshot(task) : { task: snapshot(task) }))
    }
    const task = tasks.get(rpc ? textOf(params["id"]) : decodeURIComponent(id ?? ""))
    if (task === undefined) return refuse(404, -32001, "no such task")
    if (/^(?:subscribetotask|resubscribe|subscribe)$/u.test(operation)) {
      if (options.streaming === false || ended.has(task.state)) return refuse(400, -32004, "nothing to subscribe to")
      return listen(task, () => {}, old ? snapshot(task) : { task: snapshot(task) })
    }
    if (/^(?:canceltask|cancel)$/u.test(operation)) {
      if (ended.has(task.state)) return refuse(400, -32002, "it is over")
      become(task, "canceled")
    }
    return json(200, answer(snapshot(task)))
  }

  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((ready) => {
    server.listen(0, "127.0.0.1", ready)
  })
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("no port")
  return {
    url: `http://127.0.0.1:${address.port}`,
    log,
    prompts,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed())
        server.closeAllConnections()
      }),
  }
}
