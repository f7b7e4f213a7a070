import { baseCommit } from "#plugins/workspaces/git-worktree/repository.ts"
import { differenceOf, type Difference } from "#plugins/workspaces/git-worktree/work.ts"
import type { Command } from "./command.ts"
import { exit } from "./exit.ts"
import { withRun } from "./find-run.ts"
import { inWords, isOwn, sessionIn, workOfRun, type SessionWork } from "./run-work.ts"
import { colors, err, out } from "./terminal.ts"

export const diff: Command = {
  usage: "diff RUN [SESSION]",
  about:
    "Shows what merging the work of a run, or of one session, would bring to its base branch; also what is in no commit yet. The output for one session is a patch.",
  options: { format: { type: "string", choices: ["pretty", "json"], about: "how to print (pretty)" } },
  positionals: { least: 1, most: 2 },
  run: (given) =>
    withRun(given.positionals[0] ?? "", async (found) => {
      const { run } = found.entry
      const work = await workOfRun(found)
      const { repository } = work
      const id = given.positionals[1]
      const wanted = id === undefined ? work.sessions.filter((one) => one.path !== undefined || isOwn(one)) : [sessionIn(work, run, id)]
      const base = await inWords(baseCommit(repository, work.baseBranch))
      const json = given.text("format") === "json"
      const shown: Array<Shown> = []
      for (const one of wanted) {
        const difference = await inWords(differenceOf(repository, one, base, !json && colors(process.stdout)))
        if (difference !== undefined) shown.push({ work: one, difference })
      }
      if (json) {
        out(`${JSON.stringify({ run, base_branch: work.baseBranch, sessions: shown.map(told) }, null, 2)}\n`)
        return exit.fine
      }
      const [only] = shown
      if (only === undefined) err(id === undefined ? "no session of this run left work in the repository\n" : `${id} left no work in the repository\n`)
      else if (id !== undefined) out(only.difference.patch)
      else for (const each of shown) printSession(each)
      return exit.fine
    }),
}

interface Shown {
  readonly work: SessionWork
  readonly difference: Difference
}

const told = ({ work: { session, branch, path }, difference: { base, changes, patch } }: Shown) => ({
  session,
  ...(branch === undefined ? {} : { branch }),
  ...(path === undefined ? {} : { worktree: path }),
  base,
  files: changes,
  patch: patch.toString("utf8"),
})

/** Between patches git reads over lines that begin otherwise. */
const printSession = ({ work: { session, branch, path }, difference: { changes, patch } }: Shown): void => {
  const sum = (of: "added" | "removed"): number => changes.reduce((total, change) => total + (change[of] ?? 0), 0)
  const size =
    changes.length === 0 ? "nothing" : `${changes.length} file${changes.length === 1 ? "" : "s"}, ${sum("added")} lines added, ${sum("removed")} removed`
  out(`# ${session}${branch === undefined ? "" : ` on ${branch}`}${path === undefined ? "" : ` in ${path}`}: ${size}\n`)
  out(patch)
}
