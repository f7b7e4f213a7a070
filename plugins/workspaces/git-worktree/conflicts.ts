/** Whether two works fit together, asked without touching any work tree. */
import { names, tryGit } from "./git.ts"

const commitId = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/u

const named = (work: string): string => (commitId.test(work) ? work : `refs/heads/${work}`)

/** Files in which a merge of two works, branches or commits, would conflict. Empty, too, where git cannot tell (before 2.38). */
export const conflictsBetween = async (top: string, own: string, other: string): Promise<ReadonlyArray<string>> => {
  const merged = await tryGit(top, ["merge-tree", "--write-tree", "--name-only", "--no-messages", "-z", named(own), named(other)])
  // 0: they fit; 1: they do not, and after the tree come the files.
  return merged.code === 1 ? names(merged.out.toString("utf8")).slice(1) : []
}
