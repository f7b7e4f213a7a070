/** The commands that an ACP agent runs by us: in its workspace, in groups of their own, with its environment and its marks. */
import { spawn } from "node:child_process"
import type { Json } from "#ir"
import { isList, fieldsOf, listOf, markNames, numberOf, RpcError, textOf, within } from "#sdk"
import type { Confine, Exit, Fields } from "#sdk"
import { invalidParams, pathInside } from "./workspace-files.ts"

const defaultAtOnce = 8
/** How long what a released command said can still be read (coding profile, 5.5), and of how many. */
const releasedMs = 60_000
const mostReleased = 64
const kept = 64
/** Most bytes of output that are kept of a command, the last ones. */
const mostOutput = 1024 * 1024
const graceMs = 5000
/** How long output may stay open after the exit of who writes it. */
const drainMs = 250

const terminalUnavailable = -32023

interface Terminal {
  readonly pid: number
  readonly exited: Promise<Exit>
  exit?: Exit
  output: Buffer
  truncated: boolean
}

export interface Terminals {
  /** The method of ACP by its name; undefined when it is none of terminals. */
  readonly serve: (method: string, params: Fields) => Promise<Json> | undefined
  /** Ends all of them, now. */
  readonly killAll: () => void
}

export interface TerminalsOptions {
  readonly directory: string
  /** Where commands may run besides; the directory unless said. */
  readonly scope?: string
  readonly atOnce?: number
  /** Milliseconds that only grow. */
  readonly now?: () => number
  readonly env: { readonly [name: string]: string }
  readonly confine?: Confine | undefined
}

/** Program and arguments of `terminal/create`. */
export const argvOf = (params: Fields): ReadonlyArray<string> => [textOf(params["command"]), ...listOf(params["args"]).map(textOf)]

/** Variables of `terminal/create`: some of them (`LD_PRELOAD`, `GIT_SSH_COMMAND`) make another command of it. */
export const variablesOf = (params: Fields): { readonly [name: string]: string } =>
  Object.fromEntries(
    listOf(params["env"])
      .map(fieldsOf)
      .map(({ name, value }) => [textOf(name), textOf(value)])
      .filter(([name]) => name !== ""),
  )

/** From the first whole character on. */
const lastBytes = (bytes: Buffer, limit: number): Buffer => {
  let from = Math.max(0, bytes.length - limit)
  while (from > 0 && from < bytes.length && ((bytes[from] ?? 0) & 0xc0) === 0x80) from++
  return bytes.subarray(from)
}

const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(-pid, name)
  } catch {
    // It has gone, which is what was wanted.
  }
}

const statusOf = (exit: Exit | undefined): Json => (exit === undefined ? null : { exitCode: exit.code, signal: exit.signal })

export const makeTerminals = ({
  directory,
  scope = directory,
  atOnce = defaultAtOnce,
  now = () => performance.now(),
  env,
  confine,
}: TerminalsOptions): Terminals => {
  const terminals = new Map<string, Terminal>()
  const released = new Map<string, { readonly terminal: Terminal; readonly at: number }>()
  const marked: ReadonlySet<string> = new Set(markNames.filter((name) => env[name] !== undefined))
  let last = 0

  const confined = (command: ReadonlyArray<string>, cwd: string, given: TerminalsOptions["env"]): ReadonlyArray<string> => {
    try {
      return confine?.(command, cwd, given) ?? command
    } catch (error) {
      throw new RpcError(invalidParams, `${command[0]} did not start: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  const create = (params: Fields): Promise<Json> => {
    const [program = "", ...args] = argvOf(params)
    if (program === "" || (params["args"] !== undefined && params["args"] !== null && !isList(params["args"])))
      throw new RpcError(invalidParams, "command: expected a program, and its arguments in args")
    const cwd = typeof params["cwd"] === "string" ? pathInside(scope, params["cwd"]) : directory
    if (atOnce === 0) throw new RpcError(terminalUnavailable, "cap_terminal_unavailable: the fleet lets this agent run no commands")
    if ([...terminals.values()].filter(({ exit }) => exit === undefined).length >= atOnce)
      throw new RpcError(invalidParams, `more than ${atOnce} commands at once; wait for one or kill it`)
    if (terminals.size >= kept) throw new RpcError(invalidParams, `more than ${kept} terminals; release some`)
    const given = Object.fromEntries(Object.entries(variablesOf(params)).filter(([name]) => !marked.has(name)))
    const limit = Math.min(mostOutput, typeof params["outputByteLimit"] === "number" ? Math.max(0, numberOf(params["outputByteLimit"])) : mostOutput)
    const [file = program, ...rest] = confined([program, ...args], cwd, given)
    // In a sandbox they are for the program alone: its loader (LD_PRELOAD) would run in what makes the sandbox, too.
    const child = spawn(file, rest, { cwd, env: confine === undefined ? { ...env, ...given } : { ...env }, detached: true, stdio: ["ignore", "pipe", "pipe"] })
    return new Promise((resolve, reject) => {
      child.once("error", (error) =>
        reject(new RpcError(invalidParams, `${program} did not start: ${error.message}; no shell reads the command, so its arguments belong in args`)),
      )
      child.once("spawn", () => {
        const exited = new Promise<Exit>((done) => {
          child.once("close", (code, name) => done({ code, signal: name }))
          // What it left running may hold its output for ever.
          child.once("exit", (code, name) => setTimeout(() => done({ code, signal: name }), drainMs))
        })
        const terminal: Terminal = { pid: child.pid ?? 0, exited, output: Buffer.alloc(0), truncated: false }
        for (const stream of [child.stdout, child.stderr]) {
          stream.on("data", (bytes: Buffer) => {
            const all = Buffer.concat([terminal.output, bytes])
            terminal.output = lastBytes(all, limit)
            terminal.truncated ||= terminal.output.length < all.length
          })
        }
        void exited.then((exit) => {
          terminal.exit = exit
        })
        const terminalId = `terminal-${++last}`
        terminals.set(terminalId, terminal)
        resolve({ terminalId })
      })
    })
  }
  /** `late`: one that was released not long ago will do. */
  const found = (params: Fields, late = false): Terminal => {
    for (const [id, { at }] of released) if (now() - at > releasedMs || released.size > mostReleased) released.delete(id)
    const id = textOf(params["terminalId"])
    const terminal = terminals.get(id) ?? (late ? released.get(id)?.terminal : undefined)
    if (terminal === undefined) throw new RpcError(invalidParams, `terminalId: there is no terminal ${textOf(params["terminalId"])}`)
    return terminal
  }
  const kill = async (terminal: Terminal): Promise<void> => {
    if (terminal.exit !== undefined) return
    signal(terminal.pid, "SIGTERM")
    if (!(await within(graceMs, terminal.exited))) signal(terminal.pid, "SIGKILL")
  }

  const methods: { readonly [method: string]: (params: Fields) => Promise<Json> } = {
    "terminal/create": create,
    "terminal/output": async (params) => {
      const { output, truncated, exit } = found(params, true)
      return { output: output.toString("utf8"), truncated, exitStatus: statusOf(exit) }
    },
    "terminal/wait_for_exit": async (params) => {
      const { code, signal: name } = await found(params, true).exited
      return { exitCode: code, signal: name }
    },
    "terminal/kill": async (params) => {
      await kill(found(params))
      return {}
    },
    "terminal/release": async (params) => {
      const terminal = found(params)
      const id = textOf(params["terminalId"])
      terminals.delete(id)
      released.set(id, { terminal, at: now() })
      await kill(terminal)
      return {}
    },
  }
  return {
    serve: (method, params) => (Object.hasOwn(methods, method) ? methods[method]?.(params) : undefined),
    killAll: () => {
      for (const { pid, exit } of terminals.values()) if (exit === undefined) signal(pid, "SIGKILL")
    },
  }
}
