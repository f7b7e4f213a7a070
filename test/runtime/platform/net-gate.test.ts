/** The way out of a sandbox that has a part of the network: what the proxy on its socket lets through, and what it tells whoever asks for more. */
import { createServer, type Server } from "node:http"
import { connect, type AddressInfo } from "node:net"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { allows, askedOf, openNetGate, type NetGate } from "../../../runtime/platform/net-gate.ts"

describe("a host", () => {
  it.each<[hosts: ReadonlyArray<string>, host: string, port: number, passes: boolean]>([
    [["api.example.org"], "api.example.org", 443, true],
    [["api.example.org"], "API.Example.org.", 80, true],
    [["api.example.org"], "api.example.org", 22, false],
    [["api.example.org:22"], "api.example.org", 22, true],
    [["api.example.org:22"], "api.example.org", 443, false],
    [["api.example.org"], "x.api.example.org", 443, false],
    [["api.example.org"], "api.example.org.evil.example", 443, false],
    [["*.example.org"], "a.b.example.org", 443, true],
    [["*.example.org"], "example.org", 443, false],
    [["*.example.org"], "notexample.org", 443, false],
    [["*.example.org:8080"], "a.example.org", 8080, true],
    [["127.0.0.1:9"], "127.0.0.1", 9, true],
    [["a.example", "b.example"], "b.example", 443, true],
    [[], "a.example", 443, false],
  ])("of %j: %s:%i, %j", (hosts, host, port, passes) => expect(allows(hosts, { host, port })).toBe(passes))
})

describe("a request", () => {
  it.each([
    ["CONNECT a.example:443 HTTP/1.1\r\nHost: b.example", { host: "a.example", port: 443, head: "" }],
    [
      "GET http://a.example/x?y HTTP/1.1\r\nHost: b.example\r\nProxy-Authorization: x\r\nConnection: keep-alive\r\nAccept: */*",
      { host: "a.example", port: 80, head: "GET /x?y HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\nAccept: */*\r\n\r\n" },
    ],
    ["POST http://a.example:8080 HTTP/1.0", { host: "a.example", port: 8080, head: "POST / HTTP/1.0\r\nHost: a.example:8080\r\nConnection: close\r\n\r\n" }],
    ["GET / HTTP/1.1", undefined],
    ["GET https://a.example/ HTTP/1.1", undefined],
    ["CONNECT a.example HTTP/1.1", undefined],
    ["CONNECT [::1]:443 HTTP/1.1", undefined],
    ["\u0016\u0003\u0001", undefined],
    ["", undefined],
  ])("%j", (head, asked) => expect(askedOf(head)).toEqual(asked))
})

describe("the gate", () => {
  let server: Server
  let gate: NetGate
  let port = 0
  beforeAll(async () => {
    server = createServer((request, response) => response.end(`${request.method} ${request.url} of ${request.headers.host}`))
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening))
    port = (server.address() as AddressInfo).port
    gate = await openNetGate([`127.0.0.1:${port}`, "127.0.0.1:1"])
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })

  const said = (text: string): Promise<string> =>
    new Promise((done) => {
      let answer = ""
      connect(join(gate.folder, "socket"))
        .on("data", (bytes) => {
          answer += bytes.toString()
        })
        .on("close", () => done(answer))
        .write(text)
    })

  it("leads where the fleet says, by both ways of proxies", async () => {
    const plain = await said(`GET http://127.0.0.1:${port}/a HTTP/1.1\r\nHost: elsewhere\r\n\r\n`)
    expect(plain).toMatch(/^HTTP\/1\.1 200 [^]*GET \/a of 127\.0\.0\.1/u)
    // what the program sends before it has heard an answer goes on as well
    const tunnel = await said(`CONNECT 127.0.0.1:${port} HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`)
    expect(tunnel).toMatch(/^HTTP\/1\.1 200 Connection established\r\n\r\nHTTP\/1\.1 200 [^]*GET \/b of h/u)
  })

  it("says what may be reached to who asks for something else, and what is wrong", async () => {
    const refused = `the fleet lets this session reach 127.0.0.1:${port}, 127.0.0.1:1, and not localhost:${port}\n`
    expect(await said(`CONNECT localhost:${port} HTTP/1.1\r\n\r\n`)).toMatch(/^HTTP\/1\.1 403 /u)
    expect(await said(`GET http://localhost:${port}/ HTTP/1.1\r\n\r\n`)).toContain(refused)
    expect(await said("CONNECT 127.0.0.1:1 HTTP/1.1\r\n\r\n")).toMatch(/^HTTP\/1\.1 502 [^]*127\.0\.0\.1:1 cannot be reached: /u)
    expect(await said("hello\r\n\r\n")).toMatch(/^HTTP\/1\.1 400 /u)
    expect(await said("x".repeat(70_000))).toMatch(/^HTTP\/1\.1 400 /u)
  })

  it("is gone when it is closed, with whoever still speaks", async () => {
    const open = said("CONNECT 127")
    await said("\r\n\r\n")
    await gate.close()
    expect([await open, existsSync(gate.folder)]).toEqual(["", false])
  })
})
