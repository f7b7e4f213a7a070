/** Whether two branches fit together, asked without touching any work tree. */
import { names, tryGit } from "./git.ts"

/** Files in which a merge of the two would conflict. Empty, too, where git cannot tell (before 2.38). */
export const conflictsBetween = async (top: string, one: string, other: string): Promise<ReadonlyArray<string>> => {
  const merged = await tryGit(top, ["merge-tree", "--write-tree", "--name-only", "--no-messages", "-z", `refs/heads/${one}`, `refs/heads/${other}`])
  // 0: they fit; 1: they do not, and after the tree come the files.
  return merged.code === 1 ? names(merged.out.toString("utf8")).slice(1) : []
}
