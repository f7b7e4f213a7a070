// A server of MCP with a tool `ask`, which asks the user of its agent for a color, and a tool `act`, which does something that wants a permission.
import { createInterface } from "node:readline"

const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`)
const said = (text) => ({ content: [{ type: "text", text }] })

const inputSchema = { type: "object", properties: {} }
const tools = [
  { name: "ask", description: "asks for a color", inputSchema, annotations: { readOnlyHint: true } },
  { name: "act", description: "acts", inputSchema, annotations: { destructiveHint: false, openWorldHint: true } },
]
const requestedSchema = { type: "object", properties: { color: { type: "string", enum: ["red", "blue"] } }, required: ["color"] }

const asked = new Map()
const methods = {
  initialize: () => ({ protocolVersion: "2025-06-18", capabilities: { tools: {} }, serverInfo: { name: "asking", version: "1" } }),
  "tools/list": () => ({ tools }),
  "tools/call": async ({ name }) => {
    if (name === "act") return said("acted")
    const id = `ask-${asked.size}`
    const { action, content } = await new Promise((resolve) => {
      asked.set(id, resolve)
      send({ id, method: "elicitation/create", params: { message: "Which color?", requestedSchema } })
    })
    return said(content?.color ?? action)
  },
}

createInterface({ input: process.stdin })
  .on("line", async (line) => {
    const { id, method, params, result } = JSON.parse(line)
    if (method === undefined) return asked.get(id)?.(result)
    if (id === undefined) return
    const serve = methods[method]
    send(serve === undefined ? { id, error: { code: -32601, message: `no ${method}` } } : { id, result: await serve(params) })
  })
  .on("close", () => process.exit(0))
