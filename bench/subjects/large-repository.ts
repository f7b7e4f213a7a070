/** Repositories of many small files, a thousand in a directory. */
import { execFileSync } from "node:child_process"
import { join } from "node:path"

export const git = (directory: string, ...args: ReadonlyArray<string>): string =>
  execFileSync("git", ["-c", "user.name=bench", "-c", "user.email=bench@localhost", ...args], { cwd: directory, encoding: "utf8", stdio: "pipe" })

const inDirectory = 1000

/** The last file of a work tree: whoever has it has been given all. */
export const lastFile = (tree: string, files: number): string => join(tree, pathOf(files - 1))

const pathOf = (file: number): string => `d${Math.floor(file / inDirectory)}/f${file}`

/** Makes one with `files` files on `main`, in a commit and in the work tree. */
export const largeRepository = (directory: string, files: number): void => {
  const all = Array.from({ length: files }, (_, file) => `M 100644 inline ${pathOf(file)}\ndata <<.\nfile ${file}\n.\n`)
  const commit = "commit refs/heads/main\ncommitter bench <bench@localhost> 0 +0000\ndata <<.\nall\n.\n"
  git(directory, "init", "--quiet", "--initial-branch", "main")
  execFileSync("git", ["fast-import", "--quiet"], { cwd: directory, input: commit + all.join("") })
  git(directory, "reset", "--quiet", "--hard")
}
