/** Runs the command line as its users do: a process, its two streams and its exit code. */
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"

export interface Ran {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

const bin = fileURLToPath(new URL("../../cli/bin.cjs", import.meta.url))

export const fleetwright = (args: ReadonlyArray<string>, cwd: string): Promise<Ran> =>
  new Promise((done, broken) => {
    const child = spawn(process.execPath, [bin, ...args], { cwd, env: { ...process.env, NO_COLOR: "1" }, stdio: ["ignore", "pipe", "pipe"] })
    let out = ""
    let err = ""
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      out += text
    })
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      err += text
    })
    child.on("error", broken).on("close", (code) => done({ code, out, err }))
  })
