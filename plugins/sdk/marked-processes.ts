/**
 * Processes by the marks every agent's environment carries. An agent may run its tools in sessions of their own, where no
 * signal to its group reaches them; the environment is inherited everywhere. Linux only: elsewhere nothing is found (macOS shows the
 * environment of its own programs, shells among them, to nobody).
 */
import { spawnSync } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"

const runMark = "FLEET_RUN="
const sessionMark = "FLEET_SESSION="
const ownerMark = "FLEET_EPOCH="

const allMarks = [runMark, sessionMark, ownerMark]

/** The variables that say whose an agent is: its run, its session, and which of the processes that drove the run started it. */
export const markNames: ReadonlyArray<string> = allMarks.map((mark) => mark.slice(0, -1))

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
    return new Map(
      look(
        () => readdirSync("/proc"),
        (path) => readFileSync(path, "utf8"),
        process.pid,
        allMarks,
      ),
    )
  } catch (error) {
    return error instanceof Error && error.name === "NotCapable" ? lookedElsewhere() : new Map()
  }
}

/** Processes with the marks they carry. Nothing but its arguments is used, since its text is run elsewhere too. */
const look = (
  list: () => ReadonlyArray<string>,
  read: (path: string) => string,
  own: number,
  marks: ReadonlyArray<string>,
): ReadonlyArray<readonly [pid: number, marks: ReadonlyArray<string>]> => {
  /**
   * proc(5): it is dead, a thread of the kernel (0x200000), or its environment begins where it ends (the 50th and 51st field). While it becomes another
   * program these are 0, then the same for a moment; all the while it runs.
   */
  const hasNone = (pid: number): boolean => {
    const stat = read(`/proc/${pid}/stat`)
    const [state = "", ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    return "ZX".includes(state) || (Number(fields[5]) & 0x200000) !== 0 || (!"RD".includes(state) && fields[46] === fields[47] && fields[47] !== "0")
  }
  const pause = new Int32Array(new SharedArrayBuffer(4))
  /** A process that is just becoming another program shows nothing for a moment, or the half of it: it is looked at again, but not for ever. */
  const environmentOf = (pid: number): string => {
    try {
      let text = read(`/proc/${pid}/environ`)
      for (let round = 0; round < 500 && !text.endsWith("\0") && (text !== "" || !hasNone(pid)); round++) {
        // it may wait for the processor that this takes
        if (round > 300) Atomics.wait(pause, 0, 0, 1)
        text = read(`/proc/${pid}/environ`)
      }
      return text
    } catch {
      return ""
    }
  }
  return list().flatMap((name) => {
    const pid = /^\d+$/u.test(name) ? Number(name) : own
    const marked =
      pid === own
        ? []
        : environmentOf(pid)
            .split("\0")
            .filter((variable) => marks.some((mark) => variable.startsWith(mark)))
    return marked.length === 0 ? [] : [[pid, marked] as const]
  })
}

/** Deno opens /proc to nobody but `--allow-all`; another Deno, which whoever may start agents may start, can look. Only the marks come back. */
const lookedElsewhere = (): Environments => {
  const source = `console.log(JSON.stringify((${String(look)})(() => Array.from(Deno.readDirSync("/proc"), ({ name }) => name), Deno.readTextFileSync, ${process.pid}, ${JSON.stringify(allMarks)})))`
  const { status, stdout } = spawnSync(process.execPath, ["eval", "--no-config", source], {
    encoding: "utf8",
    cwd: "/",
    env: { DENO_NO_UPDATE_CHECK: "1" },
    maxBuffer: 1 << 26,
    stdio: ["ignore", "pipe", "ignore"],
  })
  return new Map(status === 0 ? JSON.parse(stdout) : [])
}
