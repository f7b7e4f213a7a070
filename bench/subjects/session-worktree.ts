/** What a session's worktree takes: given, its work committed, given back. */
import { existsSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { builtinWorkspaces } from "../../plugins/index.ts"
import type { Task } from "../contract.ts"
import { git, largeRepository, lastFile } from "./large-repository.ts"

export const subject: Task = {
  prepare: async (size, folder) => {
    largeRepository(folder, size)
    return {
      run: async () => {
        const acquired = builtinWorkspaces["git-worktree"]?.acquire({
          run: "bench",
          session: "a",
          root: folder,
          from: { kind: "base" },
          baseBranch: "main",
          config: {},
        })
        if (!(acquired instanceof Promise)) throw new Error("expected a promise")
        const tree = await acquired
        const files = existsSync(lastFile(tree.path, size)) ? size : 0
        writeFileSync(join(tree.path, "work.txt"), "work\n")
        await tree.snapshot("work")
        await tree.release()
        return git(folder, "show", "fleetwright/bench/a:work.txt") === "work\n" ? files : 0
      },
    }
  },
}
