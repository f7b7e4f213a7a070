/** OpenAI's Responses, streamed: what Codex uses. */
import { parts, type Play, type Said } from "./script.ts"
import { bodyOf, contentText, freshId, listOf, stringOf, type Body, type Wire } from "./service.ts"

const saidOf = (item: Body): Said => {
  if (item["role"] === "user") return { role: "user", text: contentText(item["content"]) }
  if (stringOf(item["type"]).endsWith("_output")) return { role: "tool", text: contentText(item["output"]) || JSON.stringify(item["output"]) }
  return { role: item["role"] === "developer" || item["role"] === "system" ? "system" : "assistant", text: contentText(item["content"]) }
}

const inputOf = (body: Body): ReadonlyArray<Body> =>
  typeof body["input"] === "string" ? [{ role: "user", content: body["input"] }] : listOf(body["input"]).map(bodyOf)

/** A free-form tool takes a text; one of a server is called `server/tool`. */
const callItem = (name: string, input: unknown): Body => {
  if (typeof input === "string") return { type: "custom_tool_call", id: freshId("ctc"), call_id: freshId("call"), name, input, status: "completed" }
  const [space, inner] = name.split("/")
  const named = inner === undefined ? { name } : { namespace: space, name: inner }
  return { type: "function_call", id: freshId("fc"), call_id: freshId("call"), ...named, arguments: JSON.stringify(input), status: "completed" }
}

function* items(step: Play, output: Array<Body>): Iterable<Body> {
  if (step.think !== undefined) {
    const item = { type: "reasoning", id: freshId("rs"), summary: [{ type: "summary_text", text: step.think }], encrypted_content: "x" }
    const output_index = output.push(item) - 1
    yield { type: "response.output_item.added", output_index, item: { ...item, summary: [] } }
    for (const delta of parts(step.think, step.chunks))
      yield { type: "response.reasoning_summary_text.delta", item_id: item.id, output_index, summary_index: 0, delta }
    yield { type: "response.output_item.done", output_index, item }
  }
  if (step.say !== undefined) {
    const item = {
      type: "message",
      id: freshId("msg"),
      role: "assistant",
      status: "completed",
      content: [{ type: "output_text", text: step.say, annotations: [] }],
    }
    const output_index = output.push(item) - 1
    yield { type: "response.output_item.added", output_index, item: { ...item, status: "in_progress", content: [] } }
    for (const delta of parts(step.say, step.chunks)) yield { type: "response.output_text.delta", item_id: item.id, output_index, content_index: 0, delta }
    yield { type: "response.output_item.done", output_index, item }
  }
  for (const [name, input] of step.tools) {
    const item = callItem(name, input)
    const output_index = output.push(item) - 1
    yield { type: "response.output_item.added", output_index, item }
    yield { type: "response.output_item.done", output_index, item }
  }
}

function* stream(body: Body, step: Play): Iterable<readonly [string, Body]> {
  const [input_tokens, output_tokens] = [step.usage?.in ?? 100, step.usage?.out ?? 20]
  const usage = {
    input_tokens,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: input_tokens + output_tokens,
  }
  const response = { id: freshId("resp"), object: "response", created_at: 0, model: body["model"], status: "in_progress", output: [] }
  const output: Array<Body> = []
  let sequence_number = 0
  yield ["response.created", { type: "response.created", response, sequence_number: sequence_number++ }]
  for (const item of items(step, output)) yield [stringOf(item["type"]), { ...item, sequence_number: sequence_number++ }]
  yield ["response.completed", { type: "response.completed", response: { ...response, status: "completed", output, usage }, sequence_number }]
}

export const responses: Wire = {
  name: "responses",
  serves: (path) => path.endsWith("/responses"),
  said: (body) => inputOf(body).map(saidOf),
  tools: (body) =>
    body["tools"] === undefined
      ? undefined
      : listOf(body["tools"])
          .map(bodyOf)
          .map(({ name, type }) => stringOf(name) || stringOf(type)),
  system: (body) =>
    [
      stringOf(body["instructions"]),
      ...inputOf(body)
        .filter(({ role }) => role === "developer" || role === "system")
        .map(({ content }) => contentText(content)),
    ].join("\n"),
  refuse: ({ status, type, message = "refused by the stand-in" }) => ({ error: { code: status, type, message } }),
  stream,
}
