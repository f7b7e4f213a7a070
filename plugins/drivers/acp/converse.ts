/** A conversation with an ACP agent: one process, one session. */
import type { Json } from "#ir"
import {
  commandOf as shellCommandOf,
  elicitationEvent,
  elicitationResult,
  failed,
  failure,
  fieldsOf,
  FleetFailure,
  makeJsonRpc,
  numberOf,
  openConversation,
  pathsOf,
  RpcError,
  textOf,
} from "#sdk"
import type { AgentEvent, Conversation, DriverHandle, Fields, Frame, JsonRpc, RpcId, ServedTool, StopReason, TurnEnd, Usage } from "#sdk"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { commandOf, fileMethods, type AcpContext } from "./config.ts"
import { kindOf, kindOfText, rpcFailure } from "./failures.ts"
import { makeForeground, type Foreground } from "./foreground.ts"
import { makeOpenRequests } from "./open-requests.ts"
import { allows, cancelled, permissionEvent, permissionResult, riskOf, subjectOf } from "./requests.ts"
import { handleOf, startSession, type AcpSession } from "./session.ts"
import { makeWatches } from "./cap-files.ts"
import { serve } from "./serve.ts"
import { makeTerminals, type Terminals } from "./terminals.ts"
import { askedOf, callName, inputOf, isOver, isTellable, isUndone, mention, readToolUpdate, toolOf, type ToolCall, type ToolUpdate } from "./tool-calls.ts"
import { readEnding, readUpdate, type Ending, type Meaning } from "./updates.ts"
import { scopeOf } from "./workspace-files.ts"

/** Some agents try a service that refuses for more than a minute, and think without a word for some. */
const stallMs = 15 * 60_000
/** OpenCode takes half a minute on a machine that is busy. */
const handshakeMs = 120_000
const requestCancelled = -32800

interface Turn {
  interrupted: boolean
  /** What was said since the last thing that was not text, and the last part of it: it may be the message of a failure. */
  last: string
  lastPart: string
  /** Whether something was said that belongs to a message of the model. */
  spoken: boolean
  trouble: boolean
  tokens: number
  readonly foreground: Foreground
  readonly parts: Map<string, string>
  readonly calls: Map<string, ToolCall>
  /** Commands and paths that were permitted in this turn, for agents that ask first and have us do it then. */
  readonly permitted: Set<string>
}

/** What is done for an agent in a sandbox reaches no farther than its workspace. */
const reachOf = ({ directory, confine, config }: AcpContext): string => scopeOf(directory, confine === undefined ? config.fs_scope : "workspace_only")

const atOnceOf = ({ config: { terminals } }: AcpContext) => (terminals === undefined ? {} : { atOnce: terminals })

const stops: { readonly [stop: string]: StopReason } = { max_tokens: "max_tokens", max_turn_requests: "max_turns", refusal: "refusal", cancelled: "cancelled" }

const converse = (conversation: Conversation, rpc: JsonRpc, session: () => AcpSession, terminals: Terminals, context: AcpContext) => {
  const { target: name } = context.config
  const scope = reachOf(context)
  const requests = makeOpenRequests(conversation)
  let turn: Turn | undefined
  let instructed = context.resume !== undefined
  let spent: number | undefined
  let told = 0
  let own = 0

  const tell = (call: ToolCall): ToolCall => {
    if (call.told !== undefined) return call
    const about = { tool: toolOf(call), input: inputOf(call) }
    conversation.toolStarted(call.call, about.tool, about.input)
    return { ...call, told: about }
  }
  const onTool = (of: Turn, update: ToolUpdate, asks = false): ToolCall => {
    const before = of.calls.get(update.call)
    const known = mention(before, update)
    const call = asks || isTellable(known, before !== undefined) ? tell(known) : known
    of.calls.set(call.call, call)
    of.last = ""
    conversation.paragraph()
    if (isOver(call)) conversation.toolEnded(call.call, isUndone(call))
    return call
  }
  const speak = (of: Turn, kind: "text" | "thought", message: string, text: string): void => {
    if (text === "") return
    if (kind === "thought") return conversation.emit({ kind: "cap.thought", text })
    of.last += text
    of.lastPart = text
    if (message !== "") of.spoken = true
    conversation.say(text)
  }

  const take = (of: Turn, meaning: Meaning): void => {
    switch (meaning.type) {
      case "part":
      case "whole": {
        const key = `${meaning.of} ${meaning.message}`
        const before = of.parts.get(key)
        if (meaning.message !== "" && before === undefined) {
          conversation.paragraph()
          if (meaning.of === "text") of.last = ""
        }
        of.foreground.active()
        if (meaning.message !== "") of.parts.set(key, meaning.type === "part" ? (before ?? "") + meaning.text : meaning.text)
        if (meaning.type === "part") return speak(of, meaning.of, meaning.message, meaning.text)
        return meaning.text.startsWith(before ?? "") ? speak(of, meaning.of, meaning.message, meaning.text.slice(before?.length ?? 0)) : undefined
      }
      case "tool":
        return void onTool(of, meaning.update)
      case "event":
        return conversation.emit(meaning.event)
      case "cost":
        spent = meaning.usd
        return
      case "tokens":
        of.tokens += meaning.tokens
        return
      case "trouble":
        of.trouble = true
        return
      case "echo":
        return of.foreground.echoed(meaning.message)
      case "running":
        of.foreground.active()
        // A cancel that came before the turn was a turn was lost.
        if (of.interrupted) rpc.notify("session/cancel", { sessionId: session().id })
        return
      case "idle": {
        const ending = of.foreground.idle(meaning.ending)
        return ending === undefined ? undefined : finish(of, ending)
      }
    }
  }

  /** Errors of the service reach some agents' users as an answer of the model, with a good end. In version 2 most have an end of their own. */
  const disguised = (of: Turn, { tokens }: Ending): boolean =>
    of.trouble ||
    (tokens === null && !of.spoken && of.calls.size === 0) ||
    (session().version === 1 && tokens === undefined && of.tokens === 0 && of.lastPart.startsWith("Error:"))

  const endOf = (of: Turn, ending: Ending): TurnEnd => {
    const { error, stop } = ending
    if (error !== undefined || stop === "error") {
      const message = textOf(error?.["message"]) || "it gives no reason"
      return { error: failed(kindOf(numberOf(error?.["code"]), message, error?.["data"]), `${name} failed: ${message}`) }
    }
    const said = (of.lastPart.startsWith("Error:") ? of.lastPart : of.last).trim()
    if (stop !== "cancelled" && said !== "" && disguised(of, ending)) return { error: failed(kindOfText(said), `${name} failed: ${said.slice(0, 2000)}`) }
    return { stop: stop === "" && of.interrupted ? "cancelled" : (stops[stop] ?? "end_turn") }
  }

  const usageOf = (of: Turn, { tokens }: Ending): Usage => {
    const usd = spent === undefined ? undefined : Math.max(0, spent - told)
    told = spent ?? told
    return { mode: "delta", tokens: tokens ?? of.tokens, ...(usd === undefined ? {} : { usd }) }
  }

  const finish = (of: Turn, ending: Ending): void => {
    if (turn !== of) return
    turn = undefined
    requests.cancelAll()
    const end = endOf(of, ending)
    const usage = usageOf(of, ending)
    if (session().resumable && usage.usd !== undefined && usage.usd > 0) conversation.handle(handleOf(session().id, told))
    conversation.end(end, { usage })
  }

  const prompt = ({ text, instructions }: Extract<Frame, { readonly type: "prompt" }>): void => {
    conversation.begin()
    const begun: Turn = {
      interrupted: false,
      last: "",
      lastPart: "",
      spoken: false,
      trouble: false,
      tokens: 0,
      foreground: makeForeground(),
      parts: new Map(),
      calls: new Map(),
      permitted: new Set(),
    }
    turn = begun
    const system = instructed ? undefined : context.systemPrompt
    instructed = true
    const said = [system, text, instructions].filter((each) => each !== undefined).join("\n\n")
    rpc.call("session/prompt", { sessionId: session().id, prompt: [{ type: "text", text: said }] }).then(
      (result) => {
        const answer = fieldsOf(result)
        const ending = session().version === 1 ? readEnding(answer) : begun.foreground.taken(textOf(answer["messageId"]))
        if (ending !== undefined) finish(begun, ending)
      },
      (error: unknown) => {
        // The agent's death ends the turn by itself.
        if (turn !== begun || !(error instanceof RpcError)) return
        turn = undefined
        conversation.end({ error: rpcFailure(name, "failed", error) })
      },
    )
  }

  const interrupt = (): void => {
    if (turn !== undefined) turn.interrupted = true
    rpc.notify("session/cancel", { sessionId: session().id })
    requests.cancelAll()
  }

  const onPermission = (of: Turn, id: RpcId, params: Fields): void => {
    const update = readToolUpdate(subjectOf(params, `asked-${id}`))
    const call = onTool(of, update, true)
    const about = askedOf(call, update)
    const key = callName(about.tool, about.input)
    const reply = (value: Json): void => {
      if (allows(value)) for (const what of [shellCommandOf(about), ...pathsOf(about)]) of.permitted.add(what)
      rpc.answer(id, permissionResult(params["options"], value))
    }
    const before = requests.decided(key)
    if (before !== undefined) return reply(before)
    const request = `permission-${id}`
    const event = permissionEvent(request, call.call, about, riskOf(call.kind, about.input))
    requests.open(request, event, { rpcId: id, name: key, reply, cancel: () => rpc.answer(id, cancelled) })
  }

  const onQuestion = (id: RpcId, params: Fields): void => {
    const request = `question-${id}`
    // The other modes want a browser.
    if (params["mode"] !== "form") return rpc.answer(id, { action: "decline" })
    requests.open(request, elicitationEvent(request, params), {
      rpcId: id,
      reply: (reply) => rpc.answer(id, elicitationResult(params, reply)),
      cancel: () => rpc.answer(id, { action: "cancel" }),
    })
  }

  /** Whether the agent may have us do what it has not asked about before. */
  const permit = (tool: string, input: Fields, kind: string): Promise<boolean> => {
    const key = callName(tool, input)
    const before = requests.decided(key)
    if (before !== undefined) return Promise.resolve(before === "allow_once")
    return new Promise((resolve) => {
      const request = `served-${++own}`
      const event = permissionEvent(request, "", { tool, input }, riskOf(kind, input))
      requests.open(request, event, { name: key, reply: (reply) => resolve(allows(reply)), cancel: () => resolve(false) })
    })
  }

  /** Right before it is done, with a token taken when it was asked for: a person may have taken their time since. */
  const use = (token: string | undefined, tool: ServedTool): void => {
    try {
      context.tools?.use(context.tools.renew(token) ?? token, tool)
    } catch (error) {
      throw new RpcError(requestCancelled, error instanceof Error ? error.message : String(error))
    }
  }

  const watches = makeWatches((change) => rpc.notify("_cap/fs_change", { kind: "cap.fs.change", ...change }))

  const askFleet = (event: (request: string) => AgentEvent): Promise<Json> =>
    new Promise((resolve, reject) => {
      if (turn === undefined) return reject(new RpcError(requestCancelled, "no turn is running"))
      const request = `served-${++own}`
      requests.open(request, event(request), { reply: resolve, cancel: () => reject(new RpcError(requestCancelled, "cancelled")) })
    })

  const served = (method: string, params: Fields): Promise<Json> => {
    const token = context.tools?.token()
    return serve(method, params, {
      scope,
      files: context.config.fs_methods ?? fileMethods,
      watches,
      terminals,
      ask: askFleet,
      use: (tool) => use(token, tool),
      permitted: (what) => turn?.permitted.has(what) === true,
      permit: async (...about) => {
        if (turn === undefined) throw new RpcError(requestCancelled, "no turn is running")
        if (!(await permit(...about))) throw new RpcError(requestCancelled, "the fleet does not permit this")
      },
    })
  }

  const onRequest = (id: RpcId, method: string, params: Fields): void => {
    if (method === "session/request_permission") return turn === undefined ? rpc.answer(id, cancelled) : onPermission(turn, id, params)
    if (method === "elicitation/create") return turn === undefined ? rpc.answer(id, { action: "cancel" }) : onQuestion(id, params)
    served(method, params).then(
      (result) => rpc.answer(id, result),
      (error: unknown) =>
        error instanceof RpcError ? rpc.refuse(id, error.code, error.message) : rpc.refuse(id, -32603, error instanceof Error ? error.message : String(error)),
    )
  }

  const onNotification = (method: string, params: Fields): void => {
    if (method === "$/cancel_request") requests.withdraw(params["requestId"])
    // What comes between turns is the past, told again when it is taken up, or nothing that belongs to a turn.
    if (method !== "session/update" || turn === undefined) return
    for (const meaning of readUpdate(fieldsOf(params["update"]))) take(turn, meaning)
  }

  conversation.listen({
    interrupt,
    gone: (error) => {
      terminals.killAll()
      watches.stopAll()
      rpc.end(failure(error.kind, error.message))
    },
    frame: (frame) => {
      const incoming = rpc.take(frame)
      if (incoming?.type === "request") onRequest(incoming.id, incoming.method, incoming.params)
      else if (incoming !== undefined) onNotification(incoming.method, incoming.params)
    },
  })

  const handle: DriverHandle = {
    events: conversation.events,
    close: async () => {
      await conversation.close()
      terminals.killAll()
      watches.stopAll()
    },
    send: (frame) => {
      if (frame.type === "prompt") return prompt(frame)
      if (frame.type === "cancel") return conversation.cancel()
      if (frame.type === "answer") return requests.answer(frame.request, frame.reply)
    },
  }
  return {
    handle,
    started: (session: AcpSession) => {
      told = session.spent
    },
  }
}

/** Rejects when the agent does not start, does not speak ACP, or will not open or take up the session. */
export const openAcp = (context: AcpContext): Effect.Effect<DriverHandle, FleetFailure, Scope.Scope> =>
  Effect.gen(function* () {
    const { target: name } = context.config
    const conversation = yield* openConversation({
      name,
      install: "put it on PATH, or write another program after `acp:`",
      command: commandOf(context),
      directory: context.directory,
      confine: context.confine,
      env: context.env,
      stallMs: context.config.stall_timeout ?? stallMs,
    })
    const rpc = makeJsonRpc(conversation.write, true)
    let session: AcpSession = { id: "", version: 1, spent: 0, resumable: false }
    const { handle, started } = converse(
      conversation,
      rpc,
      () => session,
      makeTerminals({ ...context, scope: reachOf(context), ...atOnceOf(context) }),
      context,
    )
    const handshake = async (): Promise<void> => {
      session = await startSession(rpc, context, (id) => {
        session = { ...session, id }
      })
      started(session)
      if (session.resumable) conversation.handle(handleOf(session.id, session.spent))
    }
    yield* Effect.tryPromise({
      try: handshake,
      catch: (error) => (error instanceof FleetFailure ? error : failure("driver_error", `${name}: ${error instanceof Error ? error.message : String(error)}`)),
    }).pipe(
      Effect.timeoutOrElse({
        duration: handshakeMs,
        orElse: () =>
          Effect.fail(failure("timeout", `${name} did not answer within ${handshakeMs / 1000} s of its start; does it speak ACP with these arguments?`)),
      }),
    )
    return handle
  })
