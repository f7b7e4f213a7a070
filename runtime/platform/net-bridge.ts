/**
 * The program that stands between a sandbox and a confined one, as text: it is written where the sandbox shows it, for Node and for Deno. `direct`: hosts that
 * are the sandbox's own.
 */
export const bridge = (
  direct: ReadonlyArray<string>,
): string => `// Starts a program with a proxy of its own, and hands on to a socket what comes to the proxy: bridge.mjs SOCKET PROGRAM ARGUMENTS…
import { spawn } from "node:child_process"
import { connect, createServer } from "node:net"
import { constants } from "node:os"
import { isatty } from "node:tty"

const [socket, program, ...args] = process.argv.slice(2)
const server = createServer((client) => {
  const way = connect(socket)
  client.on("error", () => way.destroy()).on("close", () => way.destroy())
  way.on("error", () => client.destroy()).on("close", () => client.destroy())
  client.pipe(way).pipe(client)
})
server.listen(0, "127.0.0.1", () => {
  const proxy = "http://127.0.0.1:" + server.address().port
  const names = { HTTP_PROXY: proxy, HTTPS_PROXY: proxy, ALL_PROXY: proxy, NO_PROXY: ${JSON.stringify(direct.join(","))} }
  const lower = Object.fromEntries(Object.entries(names).map(([name, value]) => [name.toLowerCase(), value]))
  const child = spawn(program, args, { stdio: "inherit", env: { ...process.env, ...names, ...lower, NODE_USE_ENV_PROXY: "1" } })
  // what a terminal sends, it sends to all of them
  const terminal = isatty(0)
  for (const name of ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"])
    process.on(name, () => {
      if (name === "SIGTERM" || !terminal) child.kill(name)
    })
  child.on("error", (error) => {
    console.error(program + " did not start: " + error.message)
    process.exit(127)
  })
  child.on("exit", (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)))
})
`
