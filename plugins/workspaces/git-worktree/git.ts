/** Git by argument list, never through a shell, and never running the user's hooks. */
import { execFile } from "node:child_process"
import { failure, ownPath } from "#sdk"

export interface GitResult {
  readonly code: number
  readonly out: Buffer
  readonly complaint: string
}

export interface GitOptions {
  /** Another index than the work tree's own. */
  readonly index?: string
  readonly signal?: AbortSignal
}

/** What a surrounding git (a hook, say) sets, and what would send ours to another repository: `git rev-parse --local-env-vars` and a few more. */
const foreign = [
  "GIT_DIR",
  "GIT_WORK_TREE",
  "GIT_INDEX_FILE",
  "GIT_COMMON_DIR",
  "GIT_OBJECT_DIRECTORY",
  "GIT_ALTERNATE_OBJECT_DIRECTORIES",
  "GIT_PREFIX",
  "GIT_NAMESPACE",
  "GIT_CONFIG",
  "GIT_CONFIG_PARAMETERS",
  "GIT_GRAFT_FILE",
  "GIT_NO_REPLACE_OBJECTS",
  "GIT_REPLACE_REF_BASE",
  "GIT_SHALLOW_FILE",
  "GIT_IMPLICIT_WORK_TREE",
  "GIT_INTERNAL_SUPER_PREFIX",
  "GIT_LITERAL_PATHSPECS",
  "GIT_GLOB_PATHSPECS",
  "GIT_NOGLOB_PATHSPECS",
  "GIT_ICASE_PATHSPECS",
  "GIT_EXTERNAL_DIFF",
]

/** Read late: Deno may withhold it. No editor and no terminal: nobody is there to use them. */
const environment = (directory: string, index: string | undefined): NodeJS.ProcessEnv => {
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.includes(name)))
  return {
    ...inherited,
    PATH: ownPath(process.env["PATH"], [directory]),
    LC_ALL: "C",
    GIT_TERMINAL_PROMPT: "0",
    GIT_EDITOR: "true",
    GIT_SEQUENCE_EDITOR: "true",
    ...(index === undefined ? {} : { GIT_INDEX_FILE: index }),
  }
}

/** No hooks, no file system monitor of the user's, no clearing up in the background, no tracking of other branches. */
const settings = [
  "core.hooksPath=/dev/null",
  "core.fsmonitor=false",
  "gc.auto=0",
  "maintenance.auto=false",
  "branch.autoSetupMerge=false",
  "submodule.recurse=false",
].flatMap((one) => ["-c", one])

const most = 1 << 30

const once = (directory: string, args: ReadonlyArray<string>, { index, signal }: GitOptions): Promise<GitResult> =>
  new Promise((resolve, reject) => {
    const options = {
      cwd: directory,
      maxBuffer: most,
      env: environment(directory, index),
      encoding: "buffer" as const,
      ...(signal === undefined ? {} : { signal }),
    }
    const child = execFile("git", [...settings, ...args], options, (error, out, said) => {
      const complaint = said.toString("utf8").trim()
      if (error === null) resolve({ code: 0, out, complaint })
      else if (typeof error.code === "number") resolve({ code: error.code, out, complaint })
      else if (error.code === "ENOENT") reject(failure("workspace_error", `git is not installed, or there is no directory ${directory}`))
      else reject(failure("workspace_error", `git ${commandIn(args)} did not run: ${error.message}`))
    })
    child.stdin?.end()
  })

const commandIn = (args: ReadonlyArray<string>): string => args.find((arg, at) => !arg.startsWith("-") && args[at - 1] !== "-c") ?? ""

/** Another git holds one of its locks, or is making or removing a worktree, whose files come one after the other: a matter of moments. */
const passes = (complaint: string): boolean =>
  /\.lock': File exists|cannot lock ref .*is at|could not lock config file|worktrees\/[^/]+\/\w+'?: (?:Success|No such file or directory)/u.test(complaint)
const attempts = 8
const firstWaitMs = 20

/** Rejects with `workspace_error` only when git does not run at all. */
export const tryGit = async (directory: string, args: ReadonlyArray<string>, options: GitOptions = {}): Promise<GitResult> => {
  for (let attempt = 1; ; attempt += 1) {
    const result = await once(directory, args, options)
    if (result.code === 0 || attempt >= attempts || !passes(result.complaint)) return result
    await new Promise((done) => {
      setTimeout(done, firstWaitMs * 2 ** attempt)
    })
  }
}

/** What a git command that has to work says; else rejects with `workspace_error` and what git said. */
export const gitBytes = async (directory: string, args: ReadonlyArray<string>, options: GitOptions = {}): Promise<Buffer> => {
  const { code, out, complaint } = await tryGit(directory, args, options)
  if (code !== 0) throw failure("workspace_error", `git ${commandIn(args)} failed: ${complaint || `code ${code}`}`)
  return out
}

/** Exactly one line end: names may end in spaces, or in line ends of their own. */
export const textOfOutput = (out: Buffer): string => out.toString("utf8").replace(/\n$/u, "")

export const git = async (directory: string, ...args: ReadonlyArray<string>): Promise<string> => textOfOutput(await gitBytes(directory, args))

/** Undefined when git says no. */
export const askGit = async (directory: string, ...args: ReadonlyArray<string>): Promise<string | undefined> => {
  const { code, out } = await tryGit(directory, args)
  return code === 0 ? textOfOutput(out) : undefined
}

export const holds = async (directory: string, ...args: ReadonlyArray<string>): Promise<boolean> => (await tryGit(directory, args)).code === 0

/** What `-z` separates. */
export const names = (out: string): ReadonlyArray<string> => out.split("\0").filter((name) => name !== "")

/** The commit that a name stands for: a branch before a tag of the same name. */
export const commitOf = async (directory: string, name: string, ...prefixes: ReadonlyArray<string>): Promise<string | undefined> => {
  for (const prefix of ["refs/heads/", ...prefixes]) {
    const found = await askGit(directory, "rev-parse", "--verify", "--quiet", "--end-of-options", `${prefix}${name}^{commit}`)
    if (found !== undefined) return found
  }
  return undefined
}

export const isAncestor = (directory: string, older: string, younger: string): Promise<boolean> =>
  holds(directory, "merge-base", "--is-ancestor", older, younger)
