// An agent made with the ACP SDK, which reads every message by the protocol's schemas and refuses what does not fit. A prompt is
// the list of calls that it makes of its client, `[[method, params], …]`; it says what came of each as JSON. `$id` is the last terminal.
import { Readable, Writable } from "node:stream"
import { agent, methods, ndJsonStream } from "@agentclientprotocol/sdk"

const sessionId = "strict"

agent({ name: "strict" })
  .onRequest(methods.agent.initialize, ({ params }) => ({
    protocolVersion: 1,
    agentCapabilities: {},
    agentInfo: { name: "strict", version: params.clientInfo?.version ?? "none" },
  }))
  .onRequest(methods.agent.session.new, () => ({ sessionId }))
  .onRequest(methods.agent.session.prompt, async ({ params, client }) => {
    const results = []
    let terminalId
    for (const [method, more] of JSON.parse(params.prompt[0].text)) {
      const sent = { sessionId, ...more, ...(more.terminalId === "$id" ? { terminalId } : {}) }
      try {
        const result = await client.request(method, sent)
        terminalId = result?.terminalId ?? terminalId
        results.push({ ok: result ?? null })
      } catch (error) {
        results.push({ code: error.code, error: error.message })
      }
    }
    await client.notify(methods.client.session.update, {
      sessionId,
      update: { sessionUpdate: "agent_message_chunk", content: { type: "text", text: JSON.stringify(results) } },
    })
    return { stopReason: "end_turn" }
  })
  .connect(ndJsonStream(Writable.toWeb(process.stdout), Readable.toWeb(process.stdin)))
