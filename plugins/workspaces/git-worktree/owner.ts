/** Whose worktree it is: a file in the directory that git keeps for it, which its agent can write too. */
import { randomBytes } from "node:crypto"
import { constants } from "node:fs"
import { open, rename, rm } from "node:fs/promises"
import { join } from "node:path"
import type { Tree } from "./snapshot.ts"

export interface Owner {
  /** The process whose session works there. */
  readonly pid: number
  /** An agent may work in it, or has. */
  readonly ready: boolean
}

const ownerFileOf = ({ gitDirectory }: Tree): string => join(gitDirectory, "fleetwright-owner")
/** A link, or something that is no file, is none of ours. */
const notOurs: ReadonlySet<string | undefined> = new Set(["ENOENT", "ELOOP", "ENXIO", "EISDIR"])

/** Undefined where no process of ours has said so. No link is followed, and nothing is waited for. */
export const ownerOfTree = async (tree: Tree): Promise<Owner | undefined> => {
  const file = await open(ownerFileOf(tree), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
    if (notOurs.has(error.code)) return undefined
    throw error
  })
  if (file === undefined) return undefined
  try {
    if (!(await file.stat()).isFile()) return undefined
    const [pid = "", ready] = (await file.readFile("utf8")).split("\n")
    return /^\d+$/u.test(pid) ? { pid: Number(pid), ready: ready === "ready" } : undefined
  } finally {
    await file.close()
  }
}

/** A new file in the place of what is there: whatever a link leads to stays as it is. */
export const own = async (tree: Tree, ready: boolean): Promise<void> => {
  const beside = `${ownerFileOf(tree)}.${randomBytes(6).toString("hex")}`
  const file = await open(beside, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o644)
  try {
    await file.writeFile(`${process.pid}\n${ready ? "ready\n" : ""}`)
  } finally {
    await file.close()
  }
  await rename(beside, ownerFileOf(tree)).catch(async (error: unknown) => {
    // a directory is in the way
    await rm(beside, { force: true })
    throw error
  })
}
