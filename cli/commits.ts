/** Commits of the repository that a fleet stands in, for documents that name them. */
import { tryGit } from "#plugins/workspaces/git-worktree/git.ts"
import type { Commits } from "#runtime/trust/index.ts"

/** Where each of the branches stands that the repository has; none where there is no repository. */
export const commitsOf = async (root: string, branches: ReadonlyArray<string>): Promise<Commits> => {
  if (branches.length === 0) return new Map()
  const { code, out } = await tryGit(root, ["for-each-ref", "--format=%(objectname) %(refname:lstrip=2)", "refs/heads"])
  const all = new Map(
    (code === 0 ? out.toString("utf8") : "")
      .split("\n")
      .map((line): readonly [string, string] => [line.slice(line.indexOf(" ") + 1), line.slice(0, line.indexOf(" "))]),
  )
  return new Map(
    branches.flatMap((branch) => {
      const commit = all.get(branch)
      return commit === undefined ? [] : [[branch, commit] as const]
    }),
  )
}

/** Of these commits, those that the repository does not have; undefined where there is no repository. */
export const missingCommits = async (root: string, commits: Commits): Promise<ReadonlyArray<string> | undefined> => {
  if ((await tryGit(root, ["rev-parse", "--git-dir"])).code !== 0) return undefined
  const missing: Array<string> = []
  for (const [branch, commit] of commits) {
    const there = /^[0-9a-f]{40,64}$/.test(commit) && (await tryGit(root, ["cat-file", "-e", `${commit}^{commit}`])).code === 0
    if (!there) missing.push(`${commit} of ${branch}`)
  }
  return missing
}
