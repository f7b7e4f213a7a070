/** A command in a real pseudo-terminal, typed at as a person would: what to wait for on its screen, and what to type then. */
import { loadTerminals } from "#plugins/drivers/pty/terminal.ts"
import { program } from "./command-line.ts"

const [runtime, ...bin] = program

const terminals = await loadTerminals().catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))))

/** Why there is no pseudo-terminal. */
export const noTerminals = terminals instanceof Error ? terminals.message : undefined

/** Typed when the pattern is on the screen; a function gets the process. */
export type Step = readonly [RegExp, string | ((process: { readonly kill: (signal: string) => void }) => void)]

export interface Typed {
  readonly code: number | undefined
  /** What stood on the screen at the end, with what scrolled off it. */
  readonly screen: string
  readonly raw: string
  /** The step that was waited for in vain; undefined when all were done. */
  readonly stuckAt: RegExp | undefined
}

export const typedAt = async (args: ReadonlyArray<string>, cwd: string, env: NodeJS.ProcessEnv, steps: ReadonlyArray<Step>, columns = 80): Promise<Typed> => {
  if (terminals instanceof Error) throw terminals
  const { spawn, Terminal } = terminals
  const screen = new Terminal({ cols: columns, rows: 24, scrollback: 1000, allowProposedApi: true })
  const variables = Object.fromEntries(
    Object.entries({ ...process.env, TERM: "xterm-256color", NO_COLOR: "", ...env }).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
  const child = spawn(runtime, [...bin, ...args], { name: "xterm-256color", cols: columns, rows: 24, cwd, env: variables })
  const shown = (): string => {
    const { active } = screen.buffer
    const lines = Array.from({ length: active.length }, (_, at) => active.getLine(at)?.translateToString(true) ?? "")
    return lines.join("\n").trimEnd()
  }
  let raw = ""
  let at = 0
  const play = (): void => {
    const step = steps[at]
    if (step === undefined || !step[0].test(shown())) return
    at += 1
    if (typeof step[1] === "string") child.write(step[1])
    else step[1](child)
  }
  child.onData((text) => {
    raw += text
    screen.write(text, play)
  })
  const code = await new Promise<number | undefined>((done) => {
    const late = setTimeout(() => child.kill("SIGKILL"), 100_000)
    child.onExit(({ exitCode }) => {
      clearTimeout(late)
      done(exitCode)
    })
  })
  await new Promise<void>((done) => screen.write("", done))
  return { code, screen: shown(), raw, stuckAt: steps[at]?.[0] }
}
