/** What an agent began with git and did not end: a snapshot must neither end it by accident nor break it. */
import { existsSync } from "node:fs"
import { join } from "node:path"

/** In the order in which git itself looks: a rebase may hold a cherry-pick. */
const operations = [
  ["rebase-merge", "rebase"],
  ["rebase-apply", "rebase"],
  ["MERGE_HEAD", "merge"],
  ["CHERRY_PICK_HEAD", "cherry-pick"],
  ["REVERT_HEAD", "revert"],
  ["BISECT_LOG", "bisect"],
] as const

/** `gitDirectory`: of the work tree, not of the repository. */
export const unfinishedIn = (gitDirectory: string): string | undefined => operations.find(([file]) => existsSync(join(gitDirectory, file)))?.[1]

export const toldUnfinished = (path: string, operation: string): string =>
  operation === "bisect"
    ? `a bisect is under way in ${path}: end it there with \`git bisect reset\``
    : `a ${operation} is under way in ${path}: end it there with \`git ${operation} --continue\`, or give it up with \`git ${operation} --abort\``
