/** The libraries behind a terminal: one makes it, the other keeps its screen. Both are optional, and loaded when they are needed. */
import { failure, mustBeStoppable } from "#sdk"
import type { IPty } from "@lydell/node-pty"
import type { Terminal } from "@xterm/headless"

export interface TerminalStart {
  readonly program: string
  readonly args: ReadonlyArray<string>
  readonly columns: number
  readonly rows: number
  readonly directory: string
  readonly env: { readonly [name: string]: string }
}

export interface OpenTerminal {
  readonly pty: IPty
  readonly screen: Terminal
}

const missing = (error: unknown): Error =>
  failure(
    "driver_error",
    `terminals are not available here: pty: needs the optional packages @lydell/node-pty and @xterm/headless (${error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error)}); install them beside fleetwright${"Deno" in globalThis ? ", and run Deno with --allow-ffi" : ""}`,
  )

/** Rejects with what is missing. */
export const loadTerminals = async () => {
  try {
    const [pty, xterm] = await Promise.all([import("@lydell/node-pty"), import("@xterm/headless")])
    return { spawn: pty.spawn, Terminal: xterm.default.Terminal }
  } catch (error) {
    throw missing(error)
  }
}

/** Starts the program in a terminal of its own. Rejects with a `FleetFailure`. */
export const openTerminal = async ({ program, args, columns, rows, directory, env }: TerminalStart): Promise<OpenTerminal> => {
  const libraries = await loadTerminals()
  const screen = new libraries.Terminal({ cols: columns, rows, scrollback: 10_000, allowProposedApi: true })
  try {
    mustBeStoppable()
    const pty = libraries.spawn(program, [...args], { name: "xterm-256color", cols: columns, rows, cwd: directory, env: { ...env, TERM: "xterm-256color" } })
    return { pty, screen }
  } catch (error) {
    throw failure("driver_error", `${program} did not start in a terminal: ${error instanceof Error ? error.message : String(error)}`)
  }
}
