/** Claude Code over its stream-json protocol: one process is one conversation. */
import type { Json } from "#ir"
import { defineDriver, fieldsOf, openConversation } from "#sdk"
import type { Conversation, DriverContext, DriverHandle, Frame } from "#sdk"
import * as Effect from "effect/Effect"
import { claudeConfig, commandOf, type ClaudeConfig } from "./arguments.ts"
import { readFrame, type Meaning } from "./frames.ts"
import { answerTo, requestEvent, type Asked } from "./permission.ts"

/** A model may think for minutes, but it streams what it thinks. */
const stallMs = 10 * 60_000

/** Left to itself it tries ten times, for minutes, what the fleet's own retries are for. */
const quiet = { CLAUDE_CODE_MAX_RETRIES: "2", DISABLE_AUTOUPDATER: "1" }

const converse = (conversation: Conversation): DriverHandle => {
  const asked = new Map<string, Asked>()
  const refused = new Set<string>()
  const part = { text: "", thought: "" }
  let known: string | undefined
  let schemaSet = false
  let controls = 0

  const control = (request: Json): void => conversation.write({ type: "control_request", request_id: `fleet-${++controls}`, request })
  const respond = (request_id: string, response: Json): void =>
    conversation.write({ type: "control_response", response: { subtype: "success", request_id, response } })
  const user = (text: string): void =>
    conversation.write({ type: "user", message: { role: "user", content: [{ type: "text", text }] }, parent_tool_use_id: null })
  const speak = (of: "text" | "thought", text: string): void => {
    if (text === "") return
    if (of === "text") conversation.say(text)
    else conversation.emit({ kind: "cap.thought", text })
  }
  const callName = ({ tool, input }: Asked): string => JSON.stringify([tool, input])

  const take = (meaning: Meaning): void => {
    switch (meaning.type) {
      case "session":
        if (meaning.id !== known) conversation.handle(meaning.id)
        known = meaning.id
        return
      case "block":
        part.text = part.thought = ""
        conversation.paragraph()
        return
      case "part":
        part[meaning.of] += meaning.text
        speak(meaning.of, meaning.text)
        return
      case "text":
      case "thought": {
        // The whole of a block of which parts were said already, most often all of them.
        const before = part[meaning.type]
        part[meaning.type] = ""
        if (before === "") conversation.paragraph()
        if (meaning.text.startsWith(before)) speak(meaning.type, meaning.text.slice(before.length))
        return
      }
      case "tool":
        return conversation.toolStarted(meaning.call, meaning.tool, meaning.input)
      case "tool.done":
        return conversation.toolEnded(meaning.call, meaning.isError)
      case "event":
        return conversation.emit(meaning.event)
      case "asks": {
        if (refused.has(callName(meaning))) return respond(meaning.request, answerTo(meaning, "deny"))
        asked.set(meaning.request, meaning)
        return conversation.ask(meaning.request, requestEvent(meaning.request, meaning))
      }
      case "withdrawn":
        if (!asked.delete(meaning.request)) return
        conversation.settled(meaning.request)
        return conversation.emit({ kind: "cap.request.withdrawn", req_id: meaning.request })
      case "unknown":
        return conversation.write({
          type: "control_response",
          response: { subtype: "error", request_id: meaning.request, error: `${meaning.subtype} is not served` },
        })
      case "result": {
        asked.clear()
        const { end, output, usage } = meaning
        return conversation.end(end, { ...(output === undefined ? {} : { output }), ...(usage === undefined ? {} : { usage }) })
      }
    }
  }

  const prompt = ({ text, instructions, outputSchema }: Extract<Frame, { readonly type: "prompt" }>): void => {
    conversation.begin()
    if (outputSchema !== undefined && !schemaSet) {
      schemaSet = true
      control({ subtype: "initialize", hooks: null, jsonSchema: fieldsOf(outputSchema) })
    }
    user(outputSchema !== undefined || instructions === undefined ? text : `${text}\n\n${instructions}`)
  }

  const answer = (request: string, reply: Json): void => {
    const question = asked.get(request)
    if (question === undefined) return
    asked.delete(request)
    if (reply === "deny_always") refused.add(callName(question))
    conversation.settled(request)
    respond(request, answerTo(question, reply))
  }

  conversation.listen({
    frame: (frame) => {
      for (const meaning of readFrame(frame)) take(meaning)
    },
    interrupt: () => control({ subtype: "interrupt" }),
  })
  return {
    events: conversation.events,
    close: conversation.close,
    send: (frame) => {
      switch (frame.type) {
        case "prompt":
          return prompt(frame)
        case "message":
          return user(frame.text)
        case "cancel":
          return conversation.cancel()
        case "answer":
          return answer(frame.request, frame.reply)
      }
    },
  }
}

export const claude = defineDriver({
  config: claudeConfig,
  capabilities: {
    model: true,
    systemPrompt: true,
    maxTurns: true,
    resume: true,
    queuedInput: true,
    cancelTurn: true,
    permission: true,
    structuredOutput: true,
    usage: "cumulative",
    sandbox: true,
  },
  open: (context: DriverContext<Partial<ClaudeConfig>>) =>
    Effect.map(
      openConversation({
        name: "claude",
        install: "run `npm install -g @anthropic-ai/claude-code`, or set CLAUDE_BIN to where it is",
        command: commandOf(context),
        directory: context.directory,
        confine: context.confine,
        env: { ...quiet, ...context.env },
        stallMs: context.config.stall_timeout ?? stallMs,
      }),
      converse,
    ),
})
