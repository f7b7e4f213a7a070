/** The commands of git that a worktree takes at the least. */
import { existsSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Task } from "../contract.ts"
import { git, largeRepository, lastFile } from "./large-repository.ts"

export const subject: Task = {
  prepare: async (size, folder) => {
    largeRepository(folder, size)
    const tree = join(folder, "tree")
    return {
      run: async () => {
        git(folder, "worktree", "add", "--quiet", "-b", "work", tree, "main")
        const files = existsSync(lastFile(tree, size)) ? size : 0
        writeFileSync(join(tree, "work.txt"), "work\n")
        git(tree, "add", "--all")
        git(tree, "commit", "--quiet", "--message", "work")
        git(folder, "worktree", "remove", tree)
        return files
      },
    }
  },
}
