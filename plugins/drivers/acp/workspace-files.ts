/** The files that an ACP agent reads and writes by us: those of its workspace, and no others. */
import { constants, existsSync } from "node:fs"
import { mkdir, open, type FileHandle } from "node:fs/promises"
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path"
import type { Json } from "#ir"
import { resolvedPath, RpcError } from "#sdk"
import type { Fields } from "#sdk"

export const invalidParams = -32602
/** Of CAP's coding profile. */
const scopeViolation = -32020
const notFound = -32002

/** Text of more bytes than this is not for a conversation. */
const largest = 16 * 1024 * 1024

/** A path with its links followed; rejected when it leads out of the workspace, whether or not there is something. */
export const pathInside = (directory: string, path: Json | undefined): string => {
  if (typeof path !== "string" || !isAbsolute(path) || path.includes("\0")) throw new RpcError(invalidParams, "path: expected an absolute path")
  const [root, real] = [resolvedPath(directory), resolvedPath(resolve(path))]
  if (real !== root && !real.startsWith(root.endsWith(sep) ? root : root + sep))
    throw new RpcError(scopeViolation, `cap_scope_violation: ${path} is not in the workspace`)
  return real
}

/** Git runs for us as these files say, outside of what confines the agent: they are not written for it. */
export const changeable = (directory: string, path: string): string => {
  const parts = relative(resolvedPath(directory), path).split(sep)
  if (parts.some((part) => part.toLowerCase() === ".git"))
    throw new RpcError(scopeViolation, `cap_scope_violation: ${path} belongs to git; a git command changes it`)
  return path
}

const roots = [".git", ".hg", ".svn"]

/** What the agent may reach (coding profile, 7.1): its workspace, or the project that this is in. */
export const scopeOf = (directory: string, scope: "workspace_only" | "project_root" = "workspace_only"): string => {
  if (scope === "workspace_only") return directory
  for (let folder = resolvedPath(directory); ; folder = dirname(folder)) {
    if (roots.some((name) => existsSync(join(folder, name)))) return folder
    if (folder === dirname(folder)) return directory
  }
}

/** A link that has taken the place of the file in the meantime is not followed, and nothing is waited for that is no file. */
const opened = async (path: string, flags: number): Promise<FileHandle> => {
  let file: FileHandle
  try {
    file = await open(path, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0o666)
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined
    if (code === "ENOENT") throw new RpcError(notFound, `${path}: there is no such file`)
    throw new RpcError(invalidParams, `${path} cannot be opened (${String(code)})`)
  }
  if ((await file.stat()).isFile()) return file
  await file.close()
  throw new RpcError(invalidParams, `${path} is no file`)
}

const count = (value: Json | undefined): number | undefined => (typeof value === "number" && value >= 0 ? Math.floor(value) : undefined)

/** `line` counts from 1. */
const linesOf = (text: string, line: number | undefined, limit: number | undefined): string => {
  if (line === undefined && limit === undefined) return text
  const from = Math.max(0, (line ?? 1) - 1)
  return text
    .split(/(?<=\n)/u)
    .slice(from, limit === undefined ? undefined : from + limit)
    .join("")
}

export const readTextFile = async (directory: string, params: Fields): Promise<Json> => {
  const path = pathInside(directory, params["path"])
  const file = await opened(path, constants.O_RDONLY)
  try {
    if ((await file.stat()).size > largest) throw new RpcError(invalidParams, `${path} is larger than ${largest} bytes`)
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await file.readFile())
    return { content: linesOf(text, count(params["line"]), count(params["limit"])) }
  } catch (error) {
    throw error instanceof TypeError ? new RpcError(invalidParams, `${path} is not UTF-8 text`) : error
  } finally {
    await file.close()
  }
}

/** Makes the file and the directories above it. */
export const writeTextFile = async (directory: string, params: Fields): Promise<Json> => {
  const { content } = params
  const path = changeable(directory, pathInside(directory, params["path"]))
  if (typeof content !== "string") throw new RpcError(invalidParams, "content: expected text")
  await mkdir(dirname(path), { recursive: true })
  const file = await opened(path, constants.O_WRONLY | constants.O_CREAT)
  try {
    await file.truncate(0)
    await file.writeFile(content)
    return {}
  } finally {
    await file.close()
  }
}
