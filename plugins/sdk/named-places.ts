/** Where the paths that a tool names may lead. */
import { dirname, isAbsolute, join, resolve, sep } from "node:path"
import { fileURLToPath } from "node:url"
import { resolvedPath } from "./resolved-path.ts"

/** What is longer is no path that the system opens. */
const longestPath = 4096

/**
 * The absolute places, links followed, that a path may mean to a program working in the workspace. There are several where programs differ:
 * `link/..` is tidied before it is opened, or is what the system makes of it; `~` is a name, or somebody's home, which is told as `/~` because it is
 * not the workspace in any case. An address is no place in the workspace either, but a `file:` one is what it says.
 */
export const namedPlaces = (path: string, workspace: string): ReadonlyArray<string> => {
  const tidied = resolvedPath(resolve(workspace, path))
  const also = path.length < longestPath && path.split(/[/\\]/).includes("..") ? asTheSystemGoes(path, workspace) : elsewhere(path)
  return also === undefined || also === tidied ? [tidied] : [tidied, also]
}

const elsewhere = (path: string): string | undefined => {
  if (/^file:/i.test(path) && URL.canParse(path)) return ofFileAddress(path)
  return /^~[\w-]*(?:[/\\]|$)|^[a-z][a-z0-9+.-]*:\/\//i.test(path) ? resolve("/", path) : undefined
}

const ofFileAddress = (address: string): string => {
  try {
    return resolvedPath(fileURLToPath(address))
  } catch {
    // of another machine
    return resolve("/", address)
  }
}

const asTheSystemGoes = (path: string, workspace: string): string =>
  path
    .split(/[/\\]/)
    .reduce(
      (at, part) => (part === ".." ? dirname(at) : part === "" || part === "." ? at : resolvedPath(join(at, part))),
      isAbsolute(path) ? sep : resolvedPath(workspace),
    )
