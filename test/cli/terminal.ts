/** A command in a real terminal (a pty of util-linux' `script`), and what stands on its screen. */
import { execFileSync, spawn } from "node:child_process"
import { stripVTControlCharacters } from "node:util"

/** Why there is none. */
export const noTerminal = (): string | undefined => {
  try {
    const said = execFileSync("script", ["--version"], { encoding: "utf8" })
    return said.includes("util-linux") ? undefined : "`script` is not the one of util-linux"
  } catch (error) {
    return `there is no \`script\` of util-linux: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`
  }
}

export interface Played {
  readonly code: number | null
  /** Everything that was written to the terminal. */
  readonly raw: string
}

/** `command` is read by a shell in the pty; `type` is called with all that was written so far and gives what to type next. */
export const inTerminal = (
  command: string,
  cwd: string,
  env: NodeJS.ProcessEnv,
  type: (raw: string) => string | undefined = () => undefined,
): Promise<Played> =>
  new Promise((done, broken) => {
    const child = spawn("script", ["-qefc", command, "/dev/null"], {
      cwd,
      env: { ...process.env, TERM: "xterm", NO_COLOR: "", SHELL: "/bin/sh", ...env },
      stdio: ["pipe", "pipe", "inherit"],
    })
    let raw = ""
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      raw += text
      const typed = type(raw)
      if (typed !== undefined) child.stdin.write(typed)
    })
    child.on("error", broken).on("close", (code) => done({ code, raw }))
  })

/** The lines on the screen after all that was written, for output that only goes up, clears and writes whole lines. */
export const screenOf = (raw: string): ReadonlyArray<string> => {
  const lines: Array<string> = [""]
  let row = 0
  // oxlint-disable-next-line no-control-regex
  for (const [part, rows] of raw.matchAll(/\u001b\[(\d+)A|\u001b\[J|\u001b\[[?\d;]*[a-zA-Z]|\r\n|\r|[^\u001b\r]+/gu)) {
    if (rows !== undefined) row = Math.max(0, row - Number(rows))
    else if (part === "\u001b[J") lines.splice(row, lines.length, "")
    else if (part === "\r\n") lines[++row] ??= ""
    else if (part === "\r" || part.startsWith("\u001b")) continue
    else lines[row] += part
  }
  return lines.map((line) => stripVTControlCharacters(line).trimEnd())
}
