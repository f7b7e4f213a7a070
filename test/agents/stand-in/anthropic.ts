/** Anthropic's Messages, streamed: what Claude Code uses. */
import { parts, type Play, type Said } from "./script.ts"
import { bodyOf, contentText, freshId, listOf, stringOf, type Body, type Wire } from "./service.ts"

const saidOf = (message: Body): ReadonlyArray<Said> => {
  const content = listOf(message["content"]).map(bodyOf)
  const results = content.filter(({ type }) => type === "tool_result")
  const text = contentText(message["content"])
  if (results.length === 0) return [{ role: message["role"] === "assistant" ? "assistant" : "user", text }]
  const answers = results.map((result): Said => ({ role: "tool", text: contentText(result["content"]) }))
  const spoken = contentText(content.filter(({ type }) => type === "text"))
  return spoken === "" ? answers : [...answers, { role: "user", text: spoken }]
}

type Event = readonly [string, Body]
const event = (type: string, body: Body = {}): Event => [type, { type, ...body }]

const blocksOf = ({ think, say, tools }: Play): ReadonlyArray<Body> => [
  ...(think === undefined ? [] : [{ type: "thinking", thinking: think, signature: "c2ln" }]),
  ...(say === undefined ? [] : [{ type: "text", text: say }]),
  ...tools.map(([name, input]) => ({ type: "tool_use", id: freshId("toolu"), name, input })),
]

const empty: { readonly [type: string]: Body } = { thinking: { thinking: "", signature: "" }, text: { text: "" }, tool_use: { input: {} } }

const deltas = (block: Body, step: Play): ReadonlyArray<Body> => {
  switch (block["type"]) {
    case "text":
      return parts(stringOf(block["text"]), step.chunks).map((text) => ({ type: "text_delta", text }))
    case "thinking":
      return [
        ...parts(stringOf(block["thinking"]), step.chunks).map((thinking) => ({ type: "thinking_delta", thinking })),
        { type: "signature_delta", signature: block["signature"] },
      ]
    default:
      return parts(JSON.stringify(block["input"]), step.chunks).map((partial_json) => ({ type: "input_json_delta", partial_json }))
  }
}

function* stream(body: Body, step: Play): Iterable<Event> {
  const usage = { input_tokens: step.usage?.in ?? 100, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: step.usage?.out ?? 20 }
  const stop_reason = step.stop ?? (step.tools.length > 0 ? "tool_use" : "end_turn")
  const message = { id: freshId("msg"), type: "message", role: "assistant", model: body["model"], content: [], stop_reason: null, stop_sequence: null }
  yield event("message_start", { message: { ...message, usage: { ...usage, output_tokens: 1 } } })
  for (const [index, block] of blocksOf(step).entries()) {
    yield event("content_block_start", { index, content_block: { ...block, ...empty[stringOf(block["type"])] } })
    for (const delta of deltas(block, step)) yield event("content_block_delta", { index, delta })
    yield event("content_block_stop", { index })
  }
  yield event("message_delta", { delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: usage.output_tokens } })
  yield event("message_stop")
}

export const anthropic: Wire = {
  name: "anthropic",
  serves: (path) => path.endsWith("/messages"),
  said: (body) => listOf(body["messages"]).map(bodyOf).flatMap(saidOf),
  tools: (body) => (body["tools"] === undefined ? undefined : listOf(body["tools"]).map((tool) => stringOf(bodyOf(tool)["name"]))),
  system: (body) => contentText(body["system"]),
  refuse: ({ type = "api_error", message = "refused by the stand-in" }) => ({ type: "error", error: { type, message } }),
  stream,
}
