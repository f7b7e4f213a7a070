import { cleanRun, runsIn, type Cleaned, type Left } from "#plugins/workspaces/git-worktree/clean.ts"
import { repositoryOf, type Repository } from "#plugins/workspaces/git-worktree/repository.ts"
import { irOf, type RunEntry } from "#runtime"
import { markedProcesses } from "#sdk"
import type { Command } from "./command.ts"
import { exit, NotStarted } from "./exit.ts"
import { ask, findRun } from "./find-run.ts"
import { abandonedRuns } from "./leftovers.ts"
import { journalToRead, type OpenJournal } from "./open-journal.ts"
import { inWords } from "./run-work.ts"
import { out } from "./terminal.ts"

export const clean: Command = {
  usage: "clean [RUN]",
  about:
    "Removes the worktrees and branches that runs left, of all that are over or of one. Work that is not merged or in no commit stays, and is told. An interrupted run is cleaned only by its name.",
  options: {
    force: { type: "boolean", about: "also what is not merged, and what is in no commit" },
    format: { type: "string", choices: ["pretty", "json"], about: "how to print (pretty)" },
  },
  positionals: { least: 0, most: 1 },
  run: async (given) => {
    const opened = await journalToRead()
    try {
      const entries = opened === undefined ? [] : await ask(opened.journal.runs())
      const repositories = await repositoriesOf(entries)
      const left = (await Promise.all(repositories.map(async (repository) => (await inWords(runsIn(repository))).map((run) => ({ run, repository }))))).flat()
      const name = given.positionals[0]
      const known = [...new Set([...entries.map(({ run }) => run), ...left.map(({ run }) => run)])]
      const only = name === undefined ? undefined : findRun(name, known)
      const force = given.flag("force")
      const cleaned: Array<Cleaned> = []
      const skipped: Array<{ readonly run: string; readonly reason: string }> = []
      for (const { run, repository } of left) {
        if (only !== undefined && run !== only) continue
        const entry = entries.find((one) => one.run === run)
        const reason = entry === undefined ? undefined : (busy(entry, only !== undefined) ?? (await stillThere(opened, run)))
        if (reason === undefined)
          cleaned.push(await inWords(cleanRun(repository, run, { force, abandoned: entry !== undefined, bases: await basesOf(opened, entry) })))
        else skipped.push({ run, reason })
      }
      if (only !== undefined && skipped[0] !== undefined) throw new NotStarted(`run ${only} ${skipped[0].reason}`)
      const all = {
        worktrees: cleaned.flatMap(({ worktrees }) => worktrees),
        branches: cleaned.flatMap(({ branches }) => branches),
        kept: cleaned.flatMap(({ kept }) => kept),
      }
      if (given.text("format") === "json")
        out(`${JSON.stringify({ removed: { worktrees: all.worktrees, branches: all.branches }, kept: all.kept, skipped }, null, 2)}\n`)
      else {
        out(told(all))
        for (const { run, reason } of skipped) out(`left alone: run ${run} ${reason}\n`)
      }
      return exit.fine
    } finally {
      await opened?.close()
    }
  },
}

const busy = ({ run, ended, alive }: RunEntry, named: boolean): string | undefined => {
  if (alive !== undefined) return `is alive in process ${alive}: fleetwright cancel ${run} ends it`
  return ended || named ? undefined : `did not end: fleetwright resume ${run} takes it up, fleetwright clean ${run} gives it up`
}

/** Agents of a run whose process died would work on in what is taken away: they are stopped first. */
const stillThere = async (opened: OpenJournal | undefined, run: string): Promise<string | undefined> => {
  if (opened !== undefined) await abandonedRuns(opened.journal, run)
  const left = markedProcesses(run)
  return left.length === 0 ? undefined : `left processes that cannot be stopped: ${left.join(", ")}`
}

/** Of the runs, and of the directory the command runs in; a root that is gone, or that has no repository, has nothing to clean. */
const repositoriesOf = async (entries: ReadonlyArray<RunEntry>): Promise<ReadonlyArray<Repository>> => {
  const found = await Promise.all([...new Set([...entries.map(({ root }) => root), process.cwd()])].map((root) => repositoryOf(root).catch(() => undefined)))
  return [...new Map(found.flatMap((repository) => (repository === undefined ? [] : [[repository.home, repository] as const]))).values()]
}

const basesOf = async (opened: OpenJournal | undefined, entry: RunEntry | undefined): Promise<ReadonlyArray<string>> => {
  if (opened === undefined || entry === undefined) return ["HEAD"]
  const { baseBranch } = (await ask(irOf(opened.journal, entry.run))).fleet
  return baseBranch === undefined ? ["HEAD"] : [baseBranch, "HEAD"]
}

const told = ({ worktrees, branches, kept }: Cleaned): string => {
  if (worktrees.length + branches.length + kept.length === 0) return "there is nothing to clean\n"
  const lines = [...worktrees.map((path) => `removed worktree ${path}`), ...branches.map((branch) => `removed branch ${branch}`), ...kept.map(toldKept)]
  return `${lines.join("\n")}\n${kept.length === 0 ? "" : "what is kept goes with --force; fleetwright diff RUN SESSION shows it, fleetwright merge RUN SESSION merges it\n"}`
}

const toldKept = ({ session, branch, path, reason }: Left): string =>
  `kept ${path === undefined ? `branch ${branch}` : `worktree ${path}`} of ${session}: ${reason}`
