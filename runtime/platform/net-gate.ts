/**
 * The one way out of a sandbox that has a part of the network: a proxy on a socket in a folder of its own, which lets through what the fleet names. In the
 * sandbox, which has no network besides, `bridge.mjs` starts the program and hands what it sends to its proxy on to that socket.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { connect, createServer, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { bridge } from "./net-bridge.ts"

export interface NetGate {
  /** Holds the socket (`socket`) and the program that leads to it (`bridge.mjs`). */
  readonly folder: string
  readonly close: () => Promise<void>
}

interface Destination {
  readonly host: string
  readonly port: number
}

const longestHead = 64 * 1024
/** Of the sandbox's own, unless the fleet names them: then this machine's are meant. */
const loopback = ["localhost", "127.0.0.1", "::1"]
const usualPorts: ReadonlySet<number> = new Set([80, 443])

/** `hosts`: names, `*.` before one for all that it ends, a port after it; without one it is for 80 and 443. */
export const allows = (hosts: ReadonlyArray<string>, { host, port }: Destination): boolean => {
  const asked = host.toLowerCase().replace(/\.$/u, "")
  return hosts.some((pattern) => {
    const [, name = "", only] = /^(.*?)(?::(\d+))?$/u.exec(pattern.toLowerCase()) ?? []
    const fits = name.startsWith("*.") ? asked.endsWith(name.slice(1)) && asked.length > name.length - 1 : asked === name
    return fits && (only === undefined ? usualPorts.has(port) : port === Number(only))
  })
}

interface Asked extends Destination {
  /** What is sent on in the place of the head; empty for a tunnel. */
  readonly head: string
}

/** Of the head of a request to a proxy. A plain one is one request to one host, whatever its headers say. */
export const askedOf = (head: string): Asked | undefined => {
  const [first = "", ...headers] = head.split("\r\n")
  const [, method = "", target = "", version = ""] = /^([A-Z]+) (\S+) (HTTP\/1\.[01])$/u.exec(first) ?? []
  if (method === "CONNECT") {
    const [, host, port] = /^([\w.-]+):(\d{1,5})$/u.exec(target) ?? []
    return host === undefined ? undefined : { host, port: Number(port), head: "" }
  }
  if (!/^http:\/\//iu.test(target) || !URL.canParse(target)) return undefined
  const { hostname, port, host, pathname, search } = new URL(target)
  const kept = headers.filter((line) => !/^(?:host|connection|proxy-[\w-]+)\s*:/iu.test(line))
  const lines = [`${method} ${pathname}${search} ${version}`, `Host: ${host}`, "Connection: close", ...kept]
  return { host: hostname, port: port === "" ? 80 : Number(port), head: `${lines.join("\r\n")}\r\n\r\n` }
}

const refuse = (client: Socket, status: string, why: string): void => {
  client.end(`HTTP/1.1 ${status}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n${why}\n`)
}

const lead = (client: Socket, { host, port, head }: Asked, rest: Buffer): void => {
  const server = connect({ host, port })
  let there = false
  client.on("close", () => server.destroy())
  server.on("connect", () => {
    there = true
    if (head === "") client.write("HTTP/1.1 200 Connection established\r\n\r\n")
    else server.write(head)
    server.write(rest)
    client.pipe(server).pipe(client)
  })
  server.on("error", (error) => (there ? client.destroy() : refuse(client, "502 Bad Gateway", `${host}:${port} cannot be reached: ${error.message}`)))
}

const hear = (client: Socket, hosts: ReadonlyArray<string>): void => {
  let said = Buffer.alloc(0)
  client.on("error", () => client.destroy())
  const read = (bytes: Buffer): void => {
    said = Buffer.concat([said, bytes])
    const end = said.indexOf("\r\n\r\n")
    if (end < 0 && said.length <= longestHead) return
    client.off("data", read).pause()
    const asked = end < 0 ? undefined : askedOf(said.subarray(0, end).toString("latin1"))
    if (asked === undefined) return refuse(client, "400 Bad Request", "this is no request that a proxy understands")
    if (!allows(hosts, asked))
      return refuse(client, "403 Forbidden", `the fleet lets this session reach ${hosts.join(", ")}, and not ${asked.host}:${asked.port}`)
    lead(client, asked, said.subarray(end + 4))
  }
  client.on("data", read)
}

/** Rejects when no socket can be made in the system's temporary folder. */
export const openNetGate = async (hosts: ReadonlyArray<string>): Promise<NetGate> => {
  const folder = await mkdtemp(join(tmpdir(), "fleet-net-"))
  const named = new Set(hosts.map((host) => host.replace(/:\d+$/u, "")))
  await writeFile(join(folder, "bridge.mjs"), bridge(loopback.filter((host) => !named.has(host))))
  const clients = new Set<Socket>()
  const server = createServer((client) => {
    clients.add(client)
    client.on("close", () => clients.delete(client))
    hear(client, hosts)
  })
  await new Promise<void>((listening, failed) => server.once("error", failed).listen(join(folder, "socket"), listening))
  server.unref()
  return {
    folder,
    close: async () => {
      server.close()
      for (const client of clients) client.destroy()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
