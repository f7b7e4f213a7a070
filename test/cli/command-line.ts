/** Runs the command line as its users do: a process, its two streams and its exit code. */
import { spawn, type ChildProcess } from "node:child_process"
import { fileURLToPath } from "node:url"

export interface Ran {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export const onDeno = "deno" in process.versions

const bin = fileURLToPath(new URL("../../cli/bin.cjs", import.meta.url))

/** The command line on the runtime that runs the tests; Deno's own children get nothing from it, so they are granted everything here. */
export const program: readonly [string, ...ReadonlyArray<string>] = onDeno ? [process.execPath, "run", "-qA", bin] : [process.execPath, bin]

/** Not `child.kill`: Deno then takes the signal for how the child ended, whatever its exit code, and delivers no second one. */
export const signal = ({ pid }: ChildProcess, name: NodeJS.Signals): void => {
  if (pid !== undefined) process.kill(pid, name)
}

export const fleetwright = (args: ReadonlyArray<string>, cwd: string): Promise<Ran> =>
  new Promise((done, broken) => {
    const [file, ...before] = program
    const child = spawn(file, [...before, ...args], { cwd, env: { ...process.env, NO_COLOR: "1" }, stdio: ["ignore", "pipe", "pipe"] })
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
