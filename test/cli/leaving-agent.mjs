// An agent in Claude Code's stream-json that says what it should not, in every way it can. What to say is in `vault.json`; what it is told goes to `heard.ndjson`.
import { appendFileSync, readFileSync } from "node:fs"
import { createInterface } from "node:readline"

const words = JSON.parse(readFileSync("vault.json", "utf8")).join(" and ")
const about = (text) => `${text}: ${words}.`
const write = (frame) => process.stdout.write(`${JSON.stringify({ ...frame, session_id: "s1", uuid: crypto.randomUUID() })}\n`)
const say = (content) => write({ type: "assistant", message: { role: "assistant", content: [content] }, parent_tool_use_id: null })
const stream = (event) => write({ type: "stream_event", event, parent_tool_use_id: null })
const waiting = new Map()
const ask = (id, tool_name, input) =>
  new Promise((answered) => {
    waiting.set(id, answered)
    write({ type: "control_request", request_id: id, request: { subtype: "can_use_tool", tool_name, input, tool_use_id: id } })
  })

const inPieces = (text, index, type, field) => {
  stream({ type: "content_block_start", index, content_block: { type, [field]: "" } })
  for (let at = 0; at < text.length; at += 7) stream({ type: "content_block_delta", index, delta: { type: `${field}_delta`, [field]: text.slice(at, at + 7) } })
  say({ type, [field]: text })
  stream({ type: "content_block_stop", index })
}

const play = async () => {
  process.stderr.write(`${about("noise")}\n`)
  write({ type: "system", subtype: "init", model: "small", tools: [] })
  inPieces(about("thought"), 0, "thinking", "thinking")
  inPieces(about("said"), 1, "text", "text")
  const input = { command: about("echo"), deep: { [about("key")]: [about("value")] } }
  say({ type: "tool_use", id: "t1", name: "Bash", input })
  await ask("t1", "Bash", input)
  write({
    type: "user",
    message: { role: "user", content: [{ type: "tool_result", tool_use_id: "t1", content: about("result") }] },
    parent_tool_use_id: null,
  })
  const question = about("which")
  const questions = [{ question, header: about("head"), multiSelect: false, options: [{ label: about("one"), description: about("first") }] }]
  say({ type: "tool_use", id: "t2", name: "AskUserQuestion", input: { questions } })
  await ask("t2", "AskUserQuestion", { questions })
  await new Promise((told) => waiting.set("message", told))
  const output = { token: words, [about("name")]: 1 }
  const text = about("in the end")
  write({ type: "result", subtype: "success", is_error: false, result: text, structured_output: output, total_cost_usd: 0, terminal_reason: "completed" })
}

let playing = false
createInterface({ input: process.stdin })
  .on("line", (line) => {
    const frame = JSON.parse(line)
    if (frame.type === "user") {
      appendFileSync("heard.ndjson", `${line}\n`)
      if (playing) return void waiting.get("message")?.()
      playing = true
      return void play()
    }
    if (frame.type === "control_response") {
      const { answers } = frame.response.response.updatedInput ?? {}
      if (answers !== undefined) appendFileSync("heard.ndjson", `${JSON.stringify(Object.values(answers))}\n`)
      return void waiting.get(frame.response.request_id)?.()
    }
    write({ type: "control_response", response: { subtype: "success", request_id: frame.request_id, response: {} } })
  })
  .on("close", () => process.exit(0))
