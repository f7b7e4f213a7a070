/**
 * A worktree goes in two steps: out of the way, which takes a moment and happens whole or not at all, then its files, which of a large repository take
 * a while and keep nobody waiting. So nobody who comes after a process that died on the way takes what is left of it for work.
 */
import { mkdir, readdir, rename, rm } from "node:fs/promises"
import { basename, dirname, join } from "node:path"

const mark = ".gone-"

export const isGone = (name: string): boolean => name.startsWith(mark)

export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // It is there, and somebody else's.
    return error instanceof Error && "code" in error && error.code === "EPERM"
  }
}

let count = 0

/** A worktree on its way out. */
export interface Aside {
  readonly back: () => Promise<void>
  /** Rejects with what keeps a file from being deleted. */
  readonly remove: () => Promise<void>
}

/** `path`: two folders below where ours are. */
export const putAside = async (path: string): Promise<Aside> => {
  count += 1
  const gone = join(dirname(dirname(path)), `${mark}${process.pid}-${count}-${basename(path)}`)
  await rename(path, gone)
  return {
    back: async () => {
      await mkdir(dirname(path), { recursive: true })
      await rename(gone, path)
    },
    remove: () => rm(gone, { recursive: true, force: true, maxRetries: 3 }),
  }
}

/** Deletes what processes that died left on its way out. */
export const sweep = async (all: string): Promise<void> => {
  const names = await readdir(all).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return []
    throw error
  })
  const dead = names.filter((name) => isGone(name) && !isAlive(Number(name.slice(mark.length).split("-")[0])))
  await Promise.all(dead.map((name) => rm(join(all, name), { recursive: true, force: true })))
}
