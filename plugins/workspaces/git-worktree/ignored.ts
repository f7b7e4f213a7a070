/** Files that git ignores: which came since the worktree was made ready, and which of them count as work all the same. */
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { git, names } from "./git.ts"
import type { Tree } from "./snapshot.ts"

/** Relative to the top; a directory of which all is ignored is one entry, with a slash at its end. */
const ignoredIn = async ({ path }: Tree): Promise<ReadonlyArray<string>> =>
  names(await git(path, "ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z"))

/** In the directory that git keeps for the worktree. */
const fileOf = ({ gitDirectory }: Tree): string => join(gitDirectory, "fleetwright-ignored")

/** What the setup left is nobody's work. */
export const noteIgnored = async (tree: Tree): Promise<void> => writeFile(fileOf(tree), (await ignoredIn(tree)).join("\0"))

/** Entries that were not there when the worktree was made ready: they go with it. */
export const newlyIgnored = async (tree: Tree): Promise<ReadonlyArray<string>> => {
  const before = await readFile(fileOf(tree), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return ""
    throw error
  })
  const known = new Set(names(before))
  return (await ignoredIn(tree)).filter((name) => !known.has(name))
}

/** Arguments of one call stay far below what a system allows. */
const atOnce = 500

/** What `git add` is to take though it is ignored: everything that fits one of `patterns` (globs from the top, a directory with all in it). */
export const ignoredWork = async (path: string, patterns: ReadonlyArray<string>): Promise<ReadonlyArray<ReadonlyArray<string>>> => {
  if (patterns.length === 0) return []
  const wanted = patterns.map((pattern) => `:(top,glob)${pattern}`)
  const found = names(await git(path, "ls-files", "--others", "--ignored", "--exclude-standard", "-z", "--", ...wanted))
  return Array.from({ length: Math.ceil(found.length / atOnce) }, (_, at) => [
    "add",
    "--force",
    "--",
    ...found.slice(at * atOnce, (at + 1) * atOnce).map((name) => `:(top,literal)${name}`),
  ])
}
