/** A stand-in for the model services on a port of this machine: what an agent needs to run without a network. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { setTimeout as pause } from "node:timers/promises"
import { anthropic } from "./anthropic.ts"
import { gemini } from "./gemini.ts"
import { responses } from "./responses.ts"
import { play, type Play, type Rule } from "./script.ts"
import { bodyOf, stringOf, type Body, type Wire } from "./service.ts"

const wires: ReadonlyArray<Wire> = [anthropic, responses, gemini]

/** What an agent asked of the model. */
export interface Seen {
  readonly wire: string
  /** Of the address that was asked: what comes before the service's own tells agents apart. */
  readonly path: string
  readonly model: string
  readonly system: string
  readonly tools: ReadonlyArray<string>
  readonly body: Body
}

export interface StandIn {
  readonly url: string
  /** The requests so far, oldest first. */
  readonly seen: ReadonlyArray<Seen>
  readonly close: () => Promise<void>
}

const readBody = async (request: IncomingMessage): Promise<Body> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of request) if (chunk instanceof Buffer) chunks.push(chunk)
  try {
    return bodyOf(JSON.parse(Buffer.concat(chunks).toString("utf8")))
  } catch {
    return {}
  }
}

const sendJson = (response: ServerResponse, status: number, value: unknown): void => {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value))
}

/** After how many events a connection is cut that a step wants cut. */
const cutAfter = 3

const sendStream = async (response: ServerResponse, wire: Wire, body: Body, step: Play): Promise<void> => {
  response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders()
  if (step.hang === true) return
  let sent = 0
  for (const [event, data] of wire.stream(body, step)) {
    if (step.wait !== undefined) await pause(step.wait)
    if (step.drop === true && sent++ === cutAfter) return void response.destroy()
    if (response.destroyed) return
    response.write(`${event === "" ? "" : `event: ${event}\n`}data: ${JSON.stringify(data)}\n\n`)
  }
  response.end()
}

/** Starts on a free port of 127.0.0.1. `rules` are for prompts that carry no script. */
export const startStandIn = (rules: ReadonlyArray<Rule> = []): Promise<StandIn> => {
  const seen: Array<Seen> = []
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = new URL(request.url ?? "/", "http://stand-in").pathname
    const wire = request.method === "POST" ? wires.find(({ serves }) => serves(path)) : undefined
    const body = await readBody(request)
    if (path.endsWith("/count_tokens")) return sendJson(response, 200, { input_tokens: 100 })
    if (wire === undefined) return sendJson(response, 404, { error: { type: "not_found_error", message: `the stand-in has no ${path}` } })
    const [tools, system] = [wire.tools(body), wire.system(body)]
    seen.push({ wire: wire.name, path, model: wire.model?.(path) ?? stringOf(body["model"]), system, tools: tools ?? [], body })
    const step = play(wire.said(body), system, tools, rules)
    if (step.err !== undefined) return sendJson(response, step.err.status, wire.refuse(step.err))
    await sendStream(response, wire, body, step)
  }
  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined))
  })
  return new Promise((resolve, reject) => {
    server.once("error", reject)
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      if (address === null || typeof address === "string") return reject(new Error("no port"))
      resolve({
        url: `http://127.0.0.1:${address.port}`,
        seen,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed())
            server.closeAllConnections()
          }),
      })
    })
  })
}
