/** What an agent says to another agent: `@cap://id text` on a line of its own text (CAP v1, 10.3). Text comes in pieces, lines do not. */

export interface Directive {
  readonly to: string
  readonly text: string
}

export interface Lines {
  readonly directives: ReadonlyArray<Directive>
  /** The line that is not done, as far as it may yet be a directive; else anything that is none. */
  readonly line: string
}

const mark = "@cap://"
const form = /^@cap:\/\/([A-Za-z0-9_-]+(?:\[\d+\])?)[:,]?\s+(\S.*)$/u
const other = "."

/** Whether it is one, or may become one. */
const mayBe = (line: string): boolean => (line.length < mark.length ? mark.startsWith(line) : line.startsWith(mark))

/** The directive that a whole line is. */
export const directiveIn = (line: string): Directive | undefined => {
  const [, to, text] = form.exec(line.trimEnd()) ?? []
  return to === undefined || text === undefined ? undefined : { to, text }
}

/** Reads the next piece after a line that was not done. */
export const readPiece = (line: string, piece: string): Lines => {
  const end = piece.lastIndexOf("\n")
  if (end < 0) return { directives: [], line: mayBe(line) && mayBe(line + piece) ? line + piece : other }
  const rest = piece.slice(end + 1)
  const done = line + piece.slice(0, end)
  const directives = done.includes(mark) ? done.split("\n").flatMap((one) => directiveIn(one) ?? []) : []
  return { directives, line: mayBe(rest) ? rest : other }
}

/** Of `cap://id` or `id`, as `_meta` names who a message is for: the id. */
export const recipientOf = (name: string): string => (name.startsWith("cap://") ? name.slice("cap://".length) : name)
