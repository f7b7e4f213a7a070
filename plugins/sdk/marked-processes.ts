/**
 * Processes by the marks every agent's environment carries. An agent may run its tools in sessions of their own, where no
 * signal to its group reaches them; the environment is inherited everywhere. Linux only: elsewhere nothing is found (macOS shows the
 * environment of its own programs, shells among them, to nobody).
 */
import { spawnSync } from "node:child_process"
import { ownPath } from "./own-path.ts"
import { readdirSync, readFileSync } from "node:fs"

const runMark = "FLEET_RUN="
const sessionMark = "FLEET_SESSION="
const ownerMark = "FLEET_EPOCH="

/** The variables that say whose an agent is: its run, its session, and which of the processes that drove the run started it. */
export const markNames: ReadonlyArray<string> = [runMark, sessionMark, ownerMark].map((mark) => mark.slice(0, -1))

/** Whether marks can be found in this system. */
export const findsMarks: boolean = process.platform === "linux"

type Environment = { readonly [name: string]: string | undefined }

const withAll = (marks: ReadonlyArray<string>, seen: Environments = environments()): ReadonlyArray<number> =>
  [...seen].flatMap(([pid, variables]) => (marks.every((mark) => variables.includes(mark)) ? [pid] : []))

/** Ids of live processes with `FLEET_RUN=run` and, when one is named, `FLEET_SESSION=session` in their environment, this process excepted. */
export const markedProcesses = (run: string, session?: string): ReadonlyArray<number> =>
  withAll([runMark + run, ...(session === undefined ? [] : [sessionMark + session])])

/** Those of the run that an owner before this one started: all of lower epochs, and those without one. */
export const markedBefore = (run: string, epoch: number): ReadonlyArray<number> =>
  [...environments()].flatMap(([pid, variables]) => {
    const owner = variables.find((variable) => variable.startsWith(ownerMark))?.slice(ownerMark.length)
    return variables.includes(runMark + run) && !(Number(owner ?? 0) >= epoch) ? [pid] : []
  })

/** Those with every mark that this environment has: when the run was taken over, the agents of who drives it now are not among them. */
export const markedLike = (env: Environment, seen?: Environments): ReadonlyArray<number> =>
  env["FLEET_RUN"] === undefined
    ? []
    : withAll(
        markNames.flatMap((name) => (env[name] === undefined ? [] : [`${name}=${env[name]}`])),
        seen,
      )

let looking: Promise<Environments> | undefined

/** Whoever asks in the same moment shares one look, which begins after they asked: a hundred agents that stop at once need not all look at all others. */
const lookSoon = (): Promise<Environments> => {
  looking ??= new Promise((turn) => {
    setImmediate(turn)
  }).then(() => {
    looking = undefined
    return environments()
  })
  return looking
}

/** Kills all that are marked like an agent of a session, and what they start in the meantime. */
export const killMarked = async (env: Environment): Promise<void> => {
  if (env["FLEET_SESSION"] === undefined) return
  // What is found may be starting something else: look until nothing is left, but not for ever.
  for (let round = 0; round < 20; round++) {
    const left = markedLike(env, await lookSoon())
    if (left.length === 0) return
    for (const id of left) {
      try {
        process.kill(id, "SIGKILL")
      } catch {
        // It has gone in the meantime, which is what was wanted.
      }
    }
    await new Promise((next) => {
      setTimeout(next, 10)
    })
  }
}

/** Runs that have live processes, this process excepted. */
export const markedRuns = (): ReadonlySet<string> => {
  const marks = [...environments().values()].flatMap((variables) => variables.find((variable) => variable.startsWith(runMark)) ?? [])
  return new Set(marks.map((found) => found.slice(runMark.length)))
}

type Environments = ReadonlyMap<number, ReadonlyArray<string>>

const environments = (): Environments => {
  try {
    const pids = readdirSync("/proc")
      .filter((name) => /^\d+$/u.test(name))
      .map(Number)
    return new Map(pids.filter((pid) => pid !== process.pid).map((pid) => [pid, environmentOf(pid)]))
  } catch (error) {
    return error instanceof Error && error.name === "NotCapable" ? searched() : new Map()
  }
}

/** A process that is just becoming another program shows nothing for a moment, or the half of it: it is looked at again, but not for ever. */
const environmentOf = (pid: number): ReadonlyArray<string> => {
  try {
    let text = readFileSync(`/proc/${pid}/environ`, "utf8")
    for (let round = 0; round < 300 && !text.endsWith("\0") && (text !== "" || isBecoming(pid)); round++) text = readFileSync(`/proc/${pid}/environ`, "utf8")
    // What it has become since it was found to be nothing that changes.
    return (text === "" ? readFileSync(`/proc/${pid}/environ`, "utf8") : text).split("\0")
  } catch {
    return []
  }
}

/** proc(5): neither dead nor a thread of the kernel, and where its environment ends (the 51st field) is not known yet. */
const isBecoming = (pid: number): boolean => {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
  const [state = "", ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  return !"ZX".includes(state) && (Number(fields[5]) & kernelThread) === 0 && fields[47] === "0"
}
const kernelThread = 0x200000

/**
 * Deno opens /proc to nobody but `--allow-all`; programs that it may run can look. Only the marks are found, which are all that is asked for.
 * Whoever was just becoming another program is seen the second time.
 */
const searched = (): Environments => {
  const [first, second] = [search(), search()]
  return new Map([...[...first].filter(([pid]) => second.has(pid) || isThere(pid)), ...second])
}

const isThere = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const search = (): Environments => {
  const found = new Map<number, Array<string>>()
  const pattern = [runMark, sessionMark, ownerMark].flatMap((mark) => ["-e", `^${mark}`])
  const args = ["/proc", "-mindepth", "2", "-maxdepth", "2", "-path", "/proc/[0-9]*/environ", "-exec", "grep", "-szaH", ...pattern, "{}", "+"]
  const { stdout } = spawnSync("find", args, {
    encoding: "utf8",
    env: { PATH: ownPath(process.env["PATH"]) },
    maxBuffer: 1 << 26,
    stdio: ["ignore", "pipe", "ignore"],
  })
  for (const line of (stdout ?? "").split("\0")) {
    const [, pid, variable] = /^\/proc\/(\d+)\/environ:(.*)$/su.exec(line) ?? []
    if (pid === undefined || variable === undefined || Number(pid) === process.pid) continue
    const known = found.get(Number(pid))
    if (known === undefined) found.set(Number(pid), [variable])
    else known.push(variable)
  }
  return found
}
