/** Writing what a command makes. A place where nothing can be written is a `NotStarted` in one line. */
import { mkdir, stat, writeFile } from "node:fs/promises"
import { dirname, resolve } from "node:path"
import { NotStarted } from "./exit.ts"

const reasons: { readonly [code: string]: string } = {
  ENOENT: "there is no such directory",
  ENOTDIR: "there is no such directory",
  EISDIR: "this is a directory",
  EEXIST: "is there already",
  EACCES: "may not be written",
  EPERM: "may not be written",
  EROFS: "the file system is read-only",
  ENOSPC: "there is no space left",
  ELOOP: "its links lead in a circle",
  ENAMETOOLONG: "the name is too long",
}

/** For what rejects when a file or directory cannot be made or written. */
export const unwritable =
  (path: string) =>
  (error: NodeJS.ErrnoException): never => {
    throw new NotStarted(`${path}: ${reasons[error.code ?? ""] ?? error.message}`)
  }

/** `fresh`: a file that is there is not replaced. */
export const writeText = (path: string, text: string, fresh = false): Promise<void> =>
  writeFile(path, text, { flag: fresh ? "wx" : "w" }).catch(unwritable(path))

/**
 * A folder with those above it. Each is made by itself: where a file system lists a folder and takes none inside it (`/proc`), Node's own way never ends.
 */
export const makeFolder = async (path: string): Promise<void> => {
  const missing: Array<string> = []
  for (let at = resolve(path); !(await isFolder(at)); at = dirname(at)) missing.push(at)
  for (const folder of missing.reverse())
    await mkdir(folder).catch(async (error: NodeJS.ErrnoException) => {
      // another process may have made it meanwhile
      if (error.code !== "EEXIST" || !(await isFolder(folder))) unwritable(path)(error)
    })
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (status) => status.isDirectory(),
    () => dirname(path) === path,
  )
