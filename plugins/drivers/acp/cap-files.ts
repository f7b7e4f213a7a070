/** Methods of CAP's coding profile (4.3 to 4.6) that ACP does not have, under the names that its bridge gives them: `_cap/fs_list` and so on. */
import { watch, type Dirent, type FSWatcher } from "node:fs"
import { lstat, readdir, rm, stat } from "node:fs/promises"
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path"
import type { Json } from "#ir"
import { fieldsOf, RpcError, textOf } from "#sdk"
import type { Fields } from "#sdk"
import { changeable, invalidParams, pathInside } from "./workspace-files.ts"

const pathNotFound = -32021
const ioError = -32022
const mostEntries = 10_000
const mostWatches = 16

const codeOf = (error: unknown): string => textOf(fieldsOf(error as Json)["code"])

const trying = async <A>(path: string, work: () => Promise<A>): Promise<A> => {
  try {
    return await work()
  } catch (error) {
    if (error instanceof RpcError) throw error
    if (codeOf(error) === "ENOENT") throw new RpcError(pathNotFound, `cap_path_not_found: ${path}`)
    throw new RpcError(ioError, `cap_io_error: ${path} (${codeOf(error) || "it cannot be read"})`)
  }
}

const kindOf = (entry: Pick<Dirent, "isDirectory" | "isSymbolicLink">): "file" | "dir" | "symlink" =>
  entry.isSymbolicLink() ? "symlink" : entry.isDirectory() ? "dir" : "file"

/** The entry itself, not what it leads to: its folder is in the scope, links followed, and so is the entry. */
const entryInside = (root: string, path: Json | undefined): string => {
  // refuses it
  if (typeof path !== "string" || !isAbsolute(path)) return pathInside(root, path)
  const plain = resolve(path)
  return plain === resolve(root) ? pathInside(root, plain) : join(pathInside(root, dirname(plain)), basename(plain))
}

/** Names are relative to `path`. Of links that lead out of the scope only the name is told. */
export const listFiles = async (root: string, params: Fields): Promise<Json> => {
  const top = pathInside(root, params["path"])
  const entries: Array<Json> = []
  const visited = new Set<string>()
  const list = async (folder: string, shown: string): Promise<void> => {
    if (visited.has(folder)) return
    visited.add(folder)
    const found = await trying(shown, () => readdir(folder, { withFileTypes: true }))
    for (const entry of found.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entries.length >= mostEntries) throw new RpcError(ioError, `cap_io_error: more than ${mostEntries} entries; list a part of it`)
      const path = join(folder, entry.name)
      const { size, mtimeMs } = await trying(path, () => lstat(path))
      entries.push({ name: relative(top, join(shown, entry.name)), kind: kindOf(entry), size, modified_ms: Math.round(mtimeMs) })
      if (params["recursive"] !== true) continue
      if (entry.isDirectory()) await list(path, join(shown, entry.name))
      else if (entry.isSymbolicLink() && params["follow_symlinks"] === true) await follow(path, join(shown, entry.name))
    }
  }
  const follow = async (path: string, shown: string): Promise<void> => {
    let real: string
    try {
      real = pathInside(root, path)
    } catch {
      // it leads out of the scope
      return
    }
    // a link to nothing is listed as a link
    const about = await stat(real).catch(() => undefined)
    if (about?.isDirectory() === true) await list(real, shown)
  }
  await list(top, top)
  return { entries }
}

export const existsFile = async (root: string, params: Fields): Promise<Json> => {
  const path = entryInside(root, params["path"])
  try {
    return { exists: true, kind: kindOf(await lstat(path)) }
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return { exists: false }
    throw new RpcError(ioError, `cap_io_error: ${path} (${codeOf(error)})`)
  }
}

/** What is to be deleted: a link itself, and never the whole scope. */
export const deletable = (root: string, params: Fields): string => {
  const path = entryInside(root, params["path"])
  if (path === pathInside(root, root)) throw new RpcError(invalidParams, `${path} is the whole workspace`)
  return changeable(root, path)
}

/** `recursive` holds for folders; one that is not empty needs it. */
export const deleteFile = async (path: string, params: Fields): Promise<Json> => {
  await trying(path, async () => {
    const about = await lstat(path)
    if (about.isDirectory() && params["recursive"] !== true && (await readdir(path)).length > 0)
      throw new RpcError(ioError, `cap_io_error: ${path} is a folder with something in it; say recursive to delete all of it`)
    await rm(path, { recursive: about.isDirectory() })
  })
  return { ok: true }
}

export interface Watches {
  readonly start: (root: string, params: Fields) => Promise<Json>
  readonly stopAll: () => void
}

/** `tell` gets what `cap.fs.change` has, without its `kind`. A file that is renamed is one that is gone and one that came. */
export const makeWatches = (tell: (change: Fields) => void): Watches => {
  const watches = new Map<string, FSWatcher>()
  let last = 0
  return {
    start: async (root, params) => {
      const path = pathInside(root, params["path"])
      return trying(path, async () => {
        if (watches.size >= mostWatches) throw new RpcError(ioError, `cap_io_error: more than ${mostWatches} watches`)
        const isFolder = (await stat(path)).isDirectory()
        const subscription_id = `watch-${++last}`
        const watcher = watch(path, { recursive: isFolder && params["recursive"] === true, persistent: false }, (how, name) => {
          const changed = isFolder && name !== null ? join(path, name) : path
          const told = (event: string): void => tell({ subscription_id, path: changed, event })
          if (how === "change") return told("modified")
          lstat(changed).then(
            () => told("created"),
            () => told("deleted"),
          )
        })
        // What was watched is gone, which was told as such.
        watcher.on("error", () => {
          watcher.close()
          watches.delete(subscription_id)
        })
        watches.set(subscription_id, watcher)
        return { subscription_id }
      })
    },
    stopAll: () => {
      for (const watcher of watches.values()) watcher.close()
      watches.clear()
    },
  }
}
