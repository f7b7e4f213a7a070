import { mergeInto, type Merged } from "#plugins/workspaces/git-worktree/merge.ts"
import { uncommittedIn } from "#plugins/workspaces/git-worktree/work.ts"
import type { Command } from "./command.ts"
import { exit } from "./exit.ts"
import { withRun } from "./find-run.ts"
import { inWords, sessionIn, workOfRun, type SessionWork } from "./run-work.ts"
import { err, out } from "./terminal.ts"

export const merge: Command = {
  usage: "merge RUN SESSION",
  about:
    "Merges the work of a session into the branch that is checked out where the fleet is. Nothing is begun in a work tree with changes, and of what conflicts nothing is done.",
  options: { format: { type: "string", choices: ["pretty", "json"], about: "how to print (pretty)" } },
  positionals: { least: 2, most: 2 },
  run: (given) =>
    withRun(given.positionals[0] ?? "", async (found) => {
      const { run, alive, ended } = found.entry
      const work = await workOfRun(found)
      const one = sessionIn(work, run, given.positionals[1] ?? "")
      const merged =
        (await notReady(one, alive !== undefined && !ended)) ??
        (await inWords(mergeInto(work.repository.top, one.branch ?? "", `Merge ${one.session} of fleetwright run ${run}`)))
      const done = merged.kind === "merged" || merged.kind === "nothing"
      if (given.text("format") === "json")
        out(
          `${JSON.stringify({ run, session: one.session, ...(one.branch === undefined ? {} : { branch: one.branch }), result: merged.kind, ...rest(merged) }, null, 2)}\n`,
        )
      else (done ? out : err)(told(one, merged))
      return done ? exit.fine : exit.failed
    }),
}

const atWork = new Set(["queued", "starting", "working", "waiting", "compensating"])

/** Work that is not yet where it would be merged from. */
const notReady = async ({ session, status, branch, path }: SessionWork, live: boolean): Promise<Merged | undefined> => {
  if (live && atWork.has(status))
    return { kind: "refused", reason: `${session} is still at work (${status})`, help: "wait until it is done, or cancel it", files: [] }
  const files = await inWords(uncommittedIn(path))
  if (files.length > 0)
    return { kind: "refused", reason: `${session} left work in ${path} that is in no commit`, help: "commit it there first, or remove it", files }
  if (branch === undefined) return { kind: "refused", reason: `${session} left no work in the repository`, help: "there is nothing to merge", files: [] }
  return undefined
}

const rest = ({ kind: _kind, ...others }: Merged) => others

const most = 20

const listed = (files: ReadonlyArray<string>): string =>
  files
    .slice(0, most)
    .map((file) => `  ${file}\n`)
    .join("") + (files.length > most ? `  and ${files.length - most} more\n` : "")

const told = ({ session, branch }: SessionWork, merged: Merged): string => {
  switch (merged.kind) {
    case "merged":
      return `merged ${session} into ${merged.into}: ${merged.commit.slice(0, 12)}\n`
    case "nothing":
      return `${merged.into} has all of ${session} already\n`
    case "refused":
      return `not merged: ${merged.reason}; ${merged.help}\n${listed(merged.files)}`
    case "conflicts":
      return `not merged, and nothing changed: ${session} and ${merged.into} conflict in\n${listed(merged.files)}to merge by hand: git merge ${branch}\n`
  }
}
