/** Git by argument list, never through a shell, and never running the user's hooks. */
import { execFile } from "node:child_process"
import { failure } from "#sdk"

export interface GitResult {
  readonly code: number
  readonly out: string
  readonly complaint: string
}

/** Without the variables by which a surrounding git (a hook, say) would send ours to another repository. Read late: Deno may withhold them. */
const environment = () => {
  const { GIT_DIR: _dir, GIT_WORK_TREE: _tree, GIT_INDEX_FILE: _index, ...inherited } = process.env
  return { ...inherited, LC_ALL: "C", GIT_TERMINAL_PROMPT: "0" }
}

export const tryGit = (directory: string, ...args: ReadonlyArray<string>): Promise<GitResult> =>
  new Promise((resolve, reject) => {
    const options = { cwd: directory, maxBuffer: 1 << 30, env: environment() }
    execFile("git", ["-c", "core.hooksPath=/dev/null", ...args], options, (error, out, complaint) => {
      if (error === null) resolve({ code: 0, out, complaint })
      else if (typeof error.code === "number") resolve({ code: error.code, out, complaint })
      else if (error.code === "ENOENT") reject(failure("workspace_error", `git is not installed, or there is no directory ${directory}`))
      else reject(failure("workspace_error", `git ${args[0]} did not run: ${error.message}`))
    })
  })

/** The output of a git command that has to work; else rejects with `workspace_error` and what git said. */
export const git = async (directory: string, ...args: ReadonlyArray<string>): Promise<string> => {
  const { code, out, complaint } = await tryGit(directory, ...args)
  if (code !== 0) throw failure("workspace_error", `git ${args.find((arg) => !arg.startsWith("-"))} failed: ${complaint.trim() || `code ${code}`}`)
  return out.trimEnd()
}
