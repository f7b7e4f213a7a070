/** What the exit code says (cli.md): the answer of every command. */
export const exit = { fine: 0, failed: 1, notStarted: 2, interrupted: 130 } as const

export type ExitCode = (typeof exit)[keyof typeof exit]

/** The command could not start: usage, a file, an invalid fleet. Told in a line, with exit code 2 and no stack. */
export class NotStarted extends Error {
  override readonly name = "NotStarted"
}
