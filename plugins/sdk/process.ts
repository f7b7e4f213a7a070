/** An agent as a process: in a group of its own, with exactly the environment it was given, and stopped with all it started. */
import { spawn } from "node:child_process"
import type { Confine } from "./driver.ts"
import { killMarked, markedLike } from "./marked-processes.ts"
import { readLines, type Line } from "./lines.ts"
import { within } from "./within.ts"

export interface AgentProcessOptions {
  /** Program and arguments; no shell reads them. */
  readonly command: ReadonlyArray<string>
  readonly directory: string
  readonly env: { readonly [name: string]: string }
  readonly lineLimit?: number
  /** Empty lines mean something. */
  readonly emptyLines?: boolean
  /** The sandbox of the session. */
  readonly confine?: Confine | undefined
}

export interface Exit {
  readonly code: number | null
  readonly signal: string | null
}

export interface AgentProcess {
  readonly pid: number
  /** For one reader. Ends with the process, even when something it started still holds its output. */
  readonly lines: AsyncIterable<Line>
  readonly exited: Promise<Exit>
  /** The last lines of standard error, at most 4000 characters. */
  readonly complaints: () => string
  readonly write: (text: string) => void
  readonly endInput: () => void
  /** Ends the input, then TERM to the group, KILL after `graceMs` (5 s), then KILL to all that carries its marks. Any number of calls. */
  readonly stop: (graceMs?: number) => Promise<void>
}

/** How long a process may take to leave once its input has ended. */
const partingMs = 300
/** How long output may stay open and silent after the exit of who writes it, and how long in all. */
const drainMs = 250
const longestDrainMs = 30_000
const kept = 4000

const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name)
  } catch {
    // It has gone in the meantime, which is what was wanted.
  }
}

type Environment = AgentProcessOptions["env"]

/** Groups that may still hold processes, with the environment each was given. */
const groups = new Map<number, Environment>()

const isEmpty = (group: number): boolean => {
  try {
    process.kill(-group, 0)
    return false
  } catch {
    return true
  }
}

/** No system gives a process so high a number. */
const noGroup = 2 ** 31 - 1

/** Deno lets nobody signal a group who may not run everything: what could not be stopped with all it starts is not started. Throws. */
export const mustBeStoppable = (): void => {
  try {
    process.kill(-noGroup, 0)
  } catch (error) {
    if (error instanceof Error && error.name === "NotCapable")
      throw new Error("Deno requires run access to everything, not to a list, to stop a program with all it starts: run again with --allow-run", {
        cause: error,
      })
  }
}

/** The last resort, when this process ends with agents it did not stop: they are in groups of their own, so nothing else reaches them. */
const killAll = (): void => {
  for (const pid of groups.keys()) signal(-pid, "SIGKILL")
  const runs = new Map([...groups.values()].map(({ FLEET_RUN, FLEET_EPOCH }) => [`${FLEET_RUN} ${FLEET_EPOCH}`, { FLEET_RUN, FLEET_EPOCH }]))
  for (const marks of runs.values()) for (const pid of markedLike(marks)) signal(pid, "SIGKILL")
}

const remember = (pid: number, env: Environment): void => {
  if (groups.size === 0) process.on("exit", killAll)
  groups.set(pid, env)
}

const forget = (pid: number): void => {
  groups.delete(pid)
  if (groups.size === 0) process.off("exit", killAll)
}

/** Starts the process; rejects with the error of the system (`ENOENT` when there is no such program or directory). */
export const startProcess = (options: AgentProcessOptions): Promise<AgentProcess> =>
  new Promise((resolve, reject) => {
    mustBeStoppable()
    const [program = "", ...args] = options.confine?.(options.command, options.directory) ?? options.command
    const child = spawn(program, args, { cwd: options.directory, env: { ...options.env }, detached: true, stdio: ["pipe", "pipe", "pipe"] })
    let complaints = ""
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      complaints = (complaints + text).slice(-kept)
    })
    // A reader that goes away (EPIPE) is told by its exit.
    child.stdin.on("error", () => {})
    const exited = new Promise<Exit>((settle) => {
      child.once("exit", (code, name) => {
        // The number of an empty group may come back as somebody else's.
        if (child.pid !== undefined && isEmpty(child.pid)) forget(child.pid)
        drain()
        settle({ code, signal: name })
      })
    })
    let taken = 0
    /** Closes what something else may hold open for ever, but never what still waits to be read: a process that gets no time may hear of the exit first. */
    const drain = (since = performance.now(), heard = taken): void => {
      const look = (): void => {
        const unread = taken > heard || child.stdout.readableLength > 0
        if (unread && performance.now() - since < longestDrainMs) return drain(since, taken)
        child.stdout.destroy()
        child.stderr.destroy()
      }
      // what has come is read between the two
      const release = setTimeout(() => setImmediate(look), drainMs)
      child.once("close", () => clearTimeout(release))
    }
    const output = async function* (): AsyncGenerator<Uint8Array> {
      try {
        for await (const chunk of child.stdout) {
          taken += 1
          if (chunk instanceof Uint8Array) yield chunk
        }
      } catch {
        // Closed by us while something else held it open: the end like any other.
      }
    }
    let stopping: Promise<void> | undefined
    const stop = async (pid: number, graceMs: number): Promise<void> => {
      // Who has had the end of its input before does not leave because of it.
      const ms = child.stdin.writableEnded ? 0 : partingMs
      child.stdin.end()
      if (!(await within(ms, exited))) {
        signal(-pid, "SIGTERM")
        await within(graceMs, exited)
      }
      if (groups.has(pid)) signal(-pid, "SIGKILL")
      await exited
      forget(pid)
      await killMarked(options.env)
    }
    child.once("error", reject)
    child.once("spawn", () => {
      const { pid } = child
      if (pid === undefined) return
      remember(pid, options.env)
      resolve({
        pid,
        lines: readLines(output(), options.lineLimit, options.emptyLines),
        exited,
        complaints: () => complaints.trimEnd(),
        write: (text) => {
          child.stdin.write(text)
        },
        endInput: () => {
          child.stdin.end()
        },
        stop: (graceMs = 5000) => (stopping ??= stop(pid, graceMs)),
      })
    })
  })
