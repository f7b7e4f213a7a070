import type { Json } from "#ir"
import { fieldsOf, makeJsonRpc, readMessage, readMessages, RpcError } from "#sdk"
import { describe, expect, it } from "vitest"

describe("a line", () => {
  it.each([
    [
      { ok: true, text: '{"a":1}' },
      { type: "frame", frame: { a: 1 } },
    ],
    [{ ok: true, text: "  \t" }, undefined],
    [
      { ok: true, text: "}{" },
      { type: "garbage", problem: "a line that is not JSON: }{" },
    ],
    [
      { ok: true, text: "[1]" },
      { type: "garbage", problem: "a line that is no JSON object: [1]" },
    ],
    [
      { ok: true, text: "null" },
      { type: "garbage", problem: "a line that is no JSON object: null" },
    ],
    [
      { ok: false, problem: "a line that is not UTF-8" },
      { type: "garbage", problem: "a line that is not UTF-8" },
    ],
  ] as const)("%j", (line, message) => expect(readMessage(line)).toEqual(message))

  it("goes on after garbage", async () => {
    const lines = (async function* () {
      yield { ok: true, text: "x" } as const
      yield { ok: true, text: "{}" } as const
    })()
    const seen = []
    for await (const message of readMessages(lines)) seen.push(message.type)
    expect(seen).toEqual(["garbage", "frame"])
  })
})

const rpc = (version = false) => {
  const sent: Array<Json> = []
  return {
    sent,
    ...makeJsonRpc((frame) => {
      sent.push(frame)
    }, version),
  }
}

describe("json-rpc", () => {
  it("finds the call of an answer, in any order", async () => {
    const peer = rpc()
    const [first, second] = [peer.call("a", { x: 1 }), peer.call("b")]
    expect(peer.sent).toEqual([
      { id: 1, method: "a", params: { x: 1 } },
      { id: 2, method: "b" },
    ])
    peer.take({ id: 2, result: "two" })
    peer.take({ id: 1, result: null })
    expect(await Promise.all([first, second])).toEqual([null, "two"])
  })

  it("rejects with what the other side says", async () => {
    const peer = rpc()
    const call = peer.call("a")
    peer.take({ id: 1, error: { code: -32600, message: "no", data: { why: 1 } } })
    await expect(call).rejects.toEqual(expect.objectContaining({ code: -32600, message: "no", data: { why: 1 } }))
    await expect(call).rejects.toBeInstanceOf(RpcError)
  })

  it("keeps the ids of the agent apart from ours, 0 and texts too", () => {
    const peer = rpc()
    const call = peer.call("a")
    expect(peer.take({ id: 0, method: "ask", params: { q: 1 } })).toEqual({ type: "request", id: 0, method: "ask", params: { q: 1 } })
    expect(peer.take({ id: 1, method: "ask" })).toEqual({ type: "request", id: 1, method: "ask", params: {} })
    expect(peer.take({ id: "x", method: "ask" })).toMatchObject({ id: "x" })
    expect(peer.take({ method: "said", params: [] })).toEqual({ type: "notification", method: "said", params: {} })
    peer.take({ id: 1, result: 1 })
    return expect(call).resolves.toBe(1)
  })

  it.each([{}, { id: 7, result: 1 }, { id: null, result: 1 }, { id: { a: 1 }, error: 1 }, { method: 3 }])("makes nothing of %j", (frame) =>
    expect(rpc().take(fieldsOf(frame))).toBeUndefined(),
  )

  it("ends what waits and what comes later", async () => {
    const peer = rpc()
    const call = peer.call("a")
    peer.end(new Error("gone"))
    await expect(call).rejects.toThrow("gone")
    await expect(peer.call("b")).rejects.toThrow("gone")
  })

  it("names the version when told to", () => {
    const peer = rpc(true)
    peer.notify("n")
    peer.answer(0, { a: 1 })
    peer.refuse("x", -32601, "no")
    expect(peer.sent).toEqual([
      { jsonrpc: "2.0", method: "n" },
      { jsonrpc: "2.0", id: 0, result: { a: 1 } },
      { jsonrpc: "2.0", id: "x", error: { code: -32601, message: "no" } },
    ])
  })
})
