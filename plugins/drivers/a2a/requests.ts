/** Requests over HTTP with bounds: what is answered is read as far as it is of use, and what goes wrong has a name. */
import type { FailureKind, Json } from "#ir"
import { failure, fieldsOf, isFields, textOf } from "#sdk"
import type { Fields, FleetFailure } from "#sdk"
import { makeParser } from "effect/encoding/Sse"

export interface HttpRequest {
  readonly url: string
  readonly method: "GET" | "POST"
  readonly body?: Json
  readonly headers: { readonly [name: string]: string }
  readonly signal: AbortSignal
}

/** The connection was lost, or the service is not there for the moment: worth another try where nothing is done twice by it. */
export class ConnectionLost extends Error {
  override readonly name = "ConnectionLost"
}

/** What the service refused. */
export class Refused extends Error {
  override readonly name = "Refused"
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

const largest = 16 * 1024 * 1024

const kinds: { readonly [status: number]: FailureKind } = { 401: "auth_error", 403: "auth_error", 429: "rate_limit" }

export const asFailure = (name: string, error: unknown): FleetFailure => {
  if (error instanceof Refused) return failure(kinds[error.status] ?? "driver_error", `${name} refused: ${error.message}`)
  return failure("driver_error", `${name}: ${error instanceof Error ? error.message : String(error)}`)
}

const causeOf = (error: unknown): string => {
  const { message, cause } = error instanceof Error ? error : new Error(String(error))
  return cause instanceof Error && cause.message !== "" ? cause.message : message
}

const transient: ReadonlySet<number> = new Set([502, 503, 504])

const chunks = async function* (response: Response, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader()
  try {
    for (let step = await reader?.read(); step !== undefined && !step.done; step = await reader?.read()) yield step.value
  } catch (error) {
    if (signal.aborted) return
    throw new ConnectionLost(`the connection was lost (${causeOf(error)})`)
  } finally {
    // The connection may be gone already.
    await reader?.cancel().catch(() => undefined)
  }
}

const textIn = async (response: Response, signal: AbortSignal): Promise<string> => {
  const decoder = new TextDecoder()
  let text = ""
  for await (const chunk of chunks(response, signal)) {
    text += decoder.decode(chunk, { stream: true })
    if (text.length > largest) throw new Error(`an answer of more than ${largest} characters`)
  }
  return text + decoder.decode()
}

const parsed = (text: string): Fields | undefined => {
  try {
    const value: Json = JSON.parse(text)
    return isFields(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** What a JSON body says went wrong: JSON-RPC's `error`, Google's, or a problem document. */
const reasonIn = (body: Fields | undefined): string =>
  textOf(fieldsOf(body?.["error"])["message"]) || textOf(body?.["detail"]) || textOf(body?.["message"]) || textOf(body?.["title"])

const send = async ({ url, method, body, headers, signal }: HttpRequest, accept: string): Promise<Response> => {
  let response: Response
  try {
    response = await fetch(url, {
      method,
      // another host would be given the token, and may be one that a fleet must not reach
      redirect: "manual",
      headers: { ...headers, accept, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal,
    })
  } catch (error) {
    throw new ConnectionLost(`${new URL(url).origin} cannot be reached (${causeOf(error)})`)
  }
  if (response.status >= 300 && response.status < 400)
    throw new Refused(response.status, `it is at another address, ${response.headers.get("location") ?? "which it does not say"}; write that one`)
  if (response.ok) return response
  // Without a body its status has to say it.
  const reason = reasonIn(parsed(await textIn(response, signal).catch(() => "")))
  const message = `${response.status}${reason === "" ? "" : ` ${reason}`}`
  throw transient.has(response.status) ? new ConnectionLost(message) : new Refused(response.status, message)
}

/** The JSON object of the answer. Rejects with `ConnectionLost`, `Refused`, or an error that says what is odd. */
export const fetchJson = async (request: HttpRequest): Promise<Fields> => {
  const body = parsed(await textIn(await send(request, "application/json"), request.signal))
  if (body === undefined) throw new Error(`${request.url} answers with something that is no JSON object`)
  return body
}

/** The JSON objects of a stream of events; of an answer without a stream, that one. Ends with the connection. */
export const fetchEvents = async function* (request: HttpRequest): AsyncGenerator<Fields> {
  const response = await send(request, "text/event-stream")
  if (response.headers.get("content-type")?.includes("text/event-stream") !== true) {
    const body = parsed(await textIn(response, request.signal))
    if (body === undefined) throw new Error(`${request.url} answers with something that is neither events nor JSON`)
    yield body
    return
  }
  let found: Array<Fields> = []
  let odd: string | undefined
  const parser = makeParser(
    (event) => {
      if (event._tag !== "Event") return
      const value = parsed(event.data)
      if (value === undefined) odd ??= event.data.slice(0, 200)
      else found.push(value)
    },
    { maxEventSize: largest },
  )
  const decoder = new TextDecoder()
  for await (const chunk of chunks(response, request.signal)) {
    const problem = parser.feed(decoder.decode(chunk, { stream: true }))
    for (const event of found) yield event
    found = []
    if (odd !== undefined) throw new Error(`it sent an event that is no JSON object: ${odd}`)
    if (problem !== undefined) throw new Error(problem.message)
  }
}
