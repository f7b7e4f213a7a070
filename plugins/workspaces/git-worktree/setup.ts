/** The user's command that makes a fresh worktree ready: `npm ci`, `git submodule update --init`. */
import { failure, startProcess, type Exit } from "#sdk"

export interface Setup {
  readonly command: ReadonlyArray<string>
  readonly timeoutMs: number
  readonly env: { readonly [name: string]: string }
  readonly signal?: AbortSignal
}

const kept = 2000

/** Resolves when the command has ended well; rejects with `workspace_error` and the last it said. Nothing of it is left either way. */
export const setUp = async (directory: string, { command, timeoutMs, env, signal }: Setup): Promise<void> => {
  const told = command.join(" ")
  const started = await startProcess({ command, directory, env }).catch((error: NodeJS.ErrnoException) => {
    throw failure(
      "workspace_error",
      error.code === "ENOENT" ? `setup: there is no program \`${command[0]}\`` : `setup: \`${told}\` did not start: ${error.message}`,
    )
  })
  started.endInput()
  let said = ""
  const read = (async () => {
    for await (const line of started.lines) said = `${said}${line.ok ? line.text : `(${line.problem})`}\n`.slice(-kept)
  })()
  const exit = await endOf(started.exited, timeoutMs, signal)
  await started.stop()
  await read
  if (exit === "aborted") throw failure("workspace_error", `setup: \`${told}\` was stopped with its session`)
  if (exit === "late") throw failure("workspace_error", `setup: \`${told}\` did not end in ${timeoutMs / 1000} s; \`setup_timeout\` gives it more`)
  if (exit.code === 0) return
  const words = (said + started.complaints()).trim().slice(-kept)
  throw failure("workspace_error", `setup: \`${told}\` failed (${exit.code === null ? exit.signal : `code ${exit.code}`})${words === "" ? "" : `: ${words}`}`)
}

const endOf = (exited: Promise<Exit>, timeoutMs: number, signal: AbortSignal | undefined): Promise<Exit | "late" | "aborted"> =>
  new Promise((resolve) => {
    const done = (how: Exit | "late" | "aborted"): void => {
      clearTimeout(timer)
      signal?.removeEventListener("abort", abort)
      resolve(how)
    }
    const abort = (): void => done("aborted")
    const timer = setTimeout(() => done("late"), timeoutMs)
    signal?.addEventListener("abort", abort)
    if (signal?.aborted === true) abort()
    void exited.then(done)
  })
