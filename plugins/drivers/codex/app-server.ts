/** Codex over its app server: JSON-RPC with one process and one thread for a conversation. */
import type { Json } from "#ir"
import { failed, failure, fieldsOf, FleetFailure, makeJsonRpc, methodNotFound, openConversation, RpcError, textOf } from "#sdk"
import type { Conversation, DriverHandle, Frame, JsonRpc, RpcId } from "#sdk"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { readServerRequest, readyResult, type Asked } from "./approvals.ts"
import { costOf, programOf, threadParams, type CodexContext, type Tokens } from "./config.ts"
import { changesOf } from "./items.ts"
import { readNotification, type Meaning } from "./notifications.ts"
import { isStrictSchema } from "./strict-schema.ts"

export const install = "run `npm install -g @openai/codex`, or set CODEX_BIN to where it is"

/** Codex gives up a silent service after five minutes, and thinks without a word for some. */
export const stallMs = 15 * 60_000
const handshakeMs = 60_000

const input = (text: string): Json => [{ type: "text", text, text_elements: [] }]
const errorText = (error: unknown): string => (error instanceof Error ? error.message : String(error))

interface Turn {
  /** Known once it has started. */
  id?: string
  interrupted: boolean
  readonly waiting: Array<string>
  readonly native: boolean
  last: string
}

const converse = (conversation: Conversation, rpc: JsonRpc, thread: () => string, context: CodexContext) => {
  const asked = new Map<string, Asked & { readonly id: RpcId }>()
  const refused = new Set<string>()
  const parts = new Map<string, string>()
  const changes = new Map<string, Json>()
  let turn: Turn | undefined
  let tokens: Tokens | undefined

  const speak = (of: "text" | "thought", text: string): void => {
    if (text === "") return
    if (of === "text") conversation.say(text)
    else conversation.emit({ kind: "cap.thought", text })
  }
  const usage = () => {
    if (tokens === undefined) return {}
    const { price } = context.config
    return { usage: { mode: "cumulative" as const, tokens: tokens.input + tokens.output, ...(price === undefined ? {} : { usd: costOf(tokens, price) }) } }
  }
  const steer = (to: Turn, text: string): void => {
    rpc.call("turn/steer", { threadId: thread(), expectedTurnId: to.id ?? "", input: input(text) }).catch((error: unknown) => {
      conversation.emit({ kind: "codex.message_lost", text, error: errorText(error) })
    })
  }
  const interrupt = (): void => {
    if (turn === undefined) return
    turn.interrupted = true
    // What has not started yet is interrupted when it has.
    if (turn.id === undefined) return
    const threadId = thread()
    // A refusal means that the turn is over, and its end is on the way; or that there is none, and the agent is stopped after the grace time.
    rpc
      .call("turn/interrupt", { threadId, turnId: turn.id })
      .then(
        // What the turn was running goes on in the background otherwise. A Codex that does not know the call ends it with itself.
        () => rpc.call("thread/backgroundTerminals/clean", { threadId }),
      )
      .catch(() => undefined)
  }
  const known = (id: string): void => {
    if (turn === undefined || turn.id !== undefined || id === "") return
    turn.id = id
    if (turn.interrupted) interrupt()
    for (const text of turn.waiting.splice(0)) steer(turn, text)
  }
  const outputOf = ({ native, last }: Turn): { readonly output?: Json } => {
    if (!native) return {}
    try {
      const output: Json = JSON.parse(last)
      return { output }
    } catch {
      // Then the text is judged like any other answer.
      return {}
    }
  }

  const take = (meaning: Meaning): void => {
    switch (meaning.type) {
      case "turn.started":
        return known(meaning.turn)
      case "part":
        if (!parts.has(meaning.item)) conversation.paragraph()
        parts.set(meaning.item, (parts.get(meaning.item) ?? "") + meaning.text)
        return speak(meaning.of, meaning.text)
      case "text":
      case "thought": {
        const before = parts.get(meaning.item) ?? ""
        parts.delete(meaning.item)
        if (before === "") conversation.paragraph()
        if (meaning.text.startsWith(before)) speak(meaning.type, meaning.text.slice(before.length))
        if (meaning.type === "text" && turn !== undefined) turn.last = meaning.text
        return
      }
      case "tool":
        return conversation.toolStarted(meaning.of.call, meaning.of.tool, meaning.of.input)
      case "tool.done":
        return conversation.toolEnded(meaning.of.call, meaning.of.isError)
      case "event":
        return conversation.emit(meaning.event)
      case "tokens": {
        tokens = meaning.tokens
        const { price } = context.config
        const cost = price === undefined ? {} : { cost_usd_estimate: costOf(tokens, price) }
        return conversation.emit({ kind: "cap.usage", mode: "cumulative", input_tokens: tokens.input, output_tokens: tokens.output, ...cost })
      }
      case "withdrawn": {
        const req_id = requestName(meaning.id)
        if (!asked.delete(req_id)) return
        conversation.settled(req_id)
        return conversation.emit({ kind: "cap.request.withdrawn", req_id })
      }
      case "turn.ended": {
        if (turn?.id !== undefined && turn.id !== meaning.turn) return
        const ended = turn
        turn = undefined
        // What a turn leaves open nobody answers any more; questions of servers of MCP do not end with it.
        for (const { id, cancelled } of asked.values()) rpc.answer(id, cancelled)
        asked.clear()
        parts.clear()
        changes.clear()
        return conversation.end(meaning.end, { ...(ended === undefined ? {} : outputOf(ended)), ...usage() })
      }
    }
  }

  const prompt = ({ text, instructions, outputSchema }: Extract<Frame, { readonly type: "prompt" }>): void => {
    conversation.begin()
    const native = outputSchema !== undefined && isStrictSchema(outputSchema)
    const begun: Turn = { interrupted: false, waiting: [], native, last: "" }
    turn = begun
    const said = native || instructions === undefined ? text : `${text}\n\n${instructions}`
    // Its answer has the turn's id, but until `turn/started` that is no turn to interrupt or to steer. The agent's death ends the turn by itself.
    rpc.call("turn/start", { threadId: thread(), input: input(said), ...(native ? { outputSchema } : {}) }).catch((error: unknown) => {
      if (turn === begun && error instanceof RpcError) conversation.end({ error: failed("driver_error", `codex did not start a turn: ${error.message}`) })
    })
  }

  const answer = (request: string, reply: Json): void => {
    const question = asked.get(request)
    if (question === undefined) return
    asked.delete(request)
    if (reply === "deny_always") refused.add(callName(question))
    conversation.settled(request)
    rpc.answer(question.id, question.result(reply))
  }

  conversation.listen({
    interrupt,
    gone: (error) => rpc.end(failure(error.kind, error.message)),
    frame: (frame) => {
      const incoming = rpc.take(frame)
      if (incoming === undefined) return
      const { method, params } = incoming
      if (incoming.type === "notification") {
        const item = fieldsOf(params["item"])
        if (item["type"] === "fileChange") changes.set(textOf(item["id"]), changesOf(item))
        for (const meaning of readNotification(thread(), method, params)) take(meaning)
        return
      }
      const name = requestName(incoming.id)
      const request = readServerRequest(name, method, params, (item) => changes.get(item) ?? [])
      if (request === undefined) {
        const ready = readyResult(method, params, Date.now)
        return ready === undefined ? rpc.refuse(incoming.id, methodNotFound, `${method} is not served`) : rpc.answer(incoming.id, ready)
      }
      if (turn === undefined) return rpc.answer(incoming.id, request.cancelled)
      if (refused.has(callName(request))) return rpc.answer(incoming.id, request.result("deny"))
      asked.set(name, { ...request, id: incoming.id })
      conversation.ask(name, request.event)
    },
  })

  const handle: DriverHandle = {
    events: conversation.events,
    close: conversation.close,
    send: (frame) => {
      switch (frame.type) {
        case "prompt":
          return prompt(frame)
        case "message":
          if (turn?.id === undefined) turn?.waiting.push(frame.text)
          else steer(turn, frame.text)
          return
        case "cancel":
          return conversation.cancel()
        case "answer":
          return answer(frame.request, frame.reply)
      }
    },
  }
  return handle
}

const callName = ({ event }: Asked): string => JSON.stringify([event["tool"], event["intent"]])

/** Ids of the app server are numbers from 0, and texts: both are names here. */
const requestName = (id: RpcId): string => `approval-${id}`

/** Rejects when Codex has no app server, or will not start or resume the thread. */
export const openAppServer = (context: CodexContext): Effect.Effect<DriverHandle, FleetFailure, Scope.Scope> =>
  Effect.gen(function* () {
    const conversation = yield* openConversation({
      name: "codex",
      install,
      command: [...programOf(context), "app-server"],
      directory: context.directory,
      confine: context.confine,
      env: context.env,
      stallMs: context.config.stall_timeout ?? stallMs,
    })
    let thread = ""
    const rpc = makeJsonRpc(conversation.write, false)
    const handle = converse(conversation, rpc, () => thread, context)
    const handshake = async (): Promise<void> => {
      await rpc.call("initialize", { clientInfo: { name: "fleetwright", title: "Fleetwright", version: "1.0.0" }, capabilities: { experimentalApi: true } })
      rpc.notify("initialized")
      const params = threadParams(context)
      const started = await (context.resume === undefined
        ? rpc.call("thread/start", params)
        : rpc.call("thread/resume", { ...params, threadId: context.resume, excludeTurns: true }))
      thread = textOf(fieldsOf(fieldsOf(started)["thread"])["id"])
      if (thread === "") throw failure("driver_error", "codex started a thread without an id")
      conversation.handle(thread)
    }
    yield* Effect.tryPromise({
      try: handshake,
      catch: asFailure,
    }).pipe(
      Effect.timeoutOrElse({
        duration: handshakeMs,
        orElse: () => Effect.fail(failure("timeout", `codex did not answer within ${handshakeMs / 1000} s of its start`)),
      }),
    )
    return handle
  })

const asFailure = (error: unknown): FleetFailure => {
  if (error instanceof RpcError) return failure("driver_error", `codex refused: ${error.message}`)
  return error instanceof FleetFailure ? error : failure("driver_error", errorText(error))
}
