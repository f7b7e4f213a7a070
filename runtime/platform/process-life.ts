/** Which process this is, and whether another one still lives: more than its id, since ids are used again. */
import { readFileSync, readlinkSync } from "node:fs"

export interface ProcessMark {
  readonly pid: number
  /** Since when, in the kernel's ticks since the boot; "" where the system does not tell. */
  readonly born: string
  /** The boot and the namespace in which the id means something; "" where the system does not tell. */
  readonly realm: string
}

const told = (read: () => string): string => {
  try {
    return read()
  } catch {
    return ""
  }
}

/** Field 22 of `stat`; the name of the program before it may hold spaces and parentheses. */
const bornOf = (pid: number): string =>
  told(() => {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? ""
  })

const isZombie = (pid: number): boolean =>
  told(() => {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    return stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3)
  }) === "Z"

const realm = (): string => told(() => `${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()} ${readlinkSync("/proc/self/ns/pid")}`)

export const thisProcess = (): ProcessMark => ({ pid: process.pid, born: bornOf(process.pid), realm: realm() })

/** Undefined when it cannot be known from here: another machine or container, or no right to look. */
export const isAlive = (mark: ProcessMark): boolean | undefined => {
  if (mark.realm !== realm()) return undefined
  try {
    process.kill(mark.pid, 0)
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined
    if (code === "ESRCH") return false
    if (code !== "EPERM") return undefined
  }
  if (isZombie(mark.pid)) return false
  const born = bornOf(mark.pid)
  return born === "" || mark.born === "" || born === mark.born
}
