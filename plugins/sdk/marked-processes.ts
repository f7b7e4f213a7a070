/**
 * Processes by the marks every agent's environment carries. An agent may run its tools in sessions of their own, where no
 * signal to its group reaches them; the environment is inherited everywhere. Linux only: elsewhere nothing is found.
 */
import { readdirSync, readFileSync } from "node:fs"

/** Ids of live processes with `FLEET_RUN=run` and, when one is named, `FLEET_SESSION=session` in their environment, this process excepted. */
export const markedProcesses = (run: string, session?: string): ReadonlyArray<number> => {
  const marks = [`FLEET_RUN=${run}`, ...(session === undefined ? [] : [`FLEET_SESSION=${session}`])]
  return listed()
    .filter((pid) => pid !== process.pid)
    .filter((pid) => {
      const variables = environmentOf(pid)
      return marks.every((mark) => variables.includes(mark))
    })
}

/** Runs that have live processes, this process excepted. */
export const markedRuns = (): ReadonlySet<string> => {
  const mark = "FLEET_RUN="
  const marks = listed().filter((pid) => pid !== process.pid).flatMap((pid) => environmentOf(pid).find((variable) => variable.startsWith(mark)) ?? [])
  return new Set(marks.map((found) => found.slice(mark.length)))
}

const environmentOf = (pid: number): ReadonlyArray<string> => {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0")
  } catch {
    return []
  }
}

const listed = (): ReadonlyArray<number> => {
  try {
    return readdirSync("/proc").filter((name) => /^\d+$/u.test(name)).map(Number)
  } catch {
    return []
  }
}
