/** The work of a session into what the user has checked out: as a whole, or nothing of it. */
import { askGit, git, isAncestor, names, tryGit } from "./git.ts"
import { unfinishedIn } from "./unfinished.ts"
import { uncommittedIn } from "./work.ts"

export type Merged =
  | { readonly kind: "merged"; readonly into: string; readonly commit: string }
  | { readonly kind: "nothing"; readonly into: string }
  | { readonly kind: "refused"; readonly reason: string; readonly help: string; readonly files: ReadonlyArray<string> }
  | { readonly kind: "conflicts"; readonly into: string; readonly files: ReadonlyArray<string> }

/**
 * Merges into the branch that is checked out in `top`, with a commit of its own, signed if the user signs, without hooks: they may be among
 * what comes in. Nothing is begun in a work tree that has changes of its own, and what conflicts is taken back.
 */
export const mergeInto = async (top: string, branch: string, message: string): Promise<Merged> => {
  const into = await askGit(top, "symbolic-ref", "--quiet", "--short", "HEAD")
  if (into === undefined) return refused(`no branch is checked out in ${top}`, "check one out first (`git switch BRANCH`), else the merge would be on none")
  const gitDirectory = await git(top, "rev-parse", "--absolute-git-dir")
  const operation = unfinishedIn(gitDirectory)
  if (operation !== undefined) return refused(`a ${operation} is under way in ${top}`, "end it or give it up first")
  const changed = await uncommittedIn(top)
  const staged = names(await git(top, "status", "--porcelain", "-z", "--no-renames", "--untracked-files=no"))
  if (staged.length > 0)
    return {
      ...refused(`${top} has changes that are in no commit`, "commit them, or put them aside with `git stash`"),
      files: staged.map((entry) => entry.slice(3)),
    }
  if (await isAncestor(top, `refs/heads/${branch}`, "HEAD")) return { kind: "nothing", into }
  const { code, complaint } = await tryGit(top, [
    "-c",
    "rerere.enabled=false",
    "merge",
    "--quiet",
    "--no-ff",
    "--no-edit",
    "--no-verify",
    "--no-autostash",
    "--message",
    message,
    `refs/heads/${branch}`,
  ])
  if (code === 0) return { kind: "merged", into, commit: await git(top, "rev-parse", "HEAD") }
  const files = names(await git(top, "diff", "--name-only", "--diff-filter=U", "-z"))
  if (unfinishedIn(gitDirectory) === "merge") await git(top, "merge", "--abort")
  if (files.length > 0) return { kind: "conflicts", into, files }
  const inTheWay = changed.filter((file) => complaint.includes(file))
  return {
    ...refused(complaint.replace(/^(error|fatal): /u, ""), inTheWay.length > 0 ? "move them away first" : `see what \`git merge ${branch}\` says in ${top}`),
    files: inTheWay,
  }
}

const refused = (reason: string, help: string): Extract<Merged, { kind: "refused" }> => ({ kind: "refused", reason, help, files: [] })
