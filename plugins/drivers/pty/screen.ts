/** What a program shows, as text: whole lines as they are done, and the lines that say whether it waits. */
import type { IBufferLine, IMarker, Terminal } from "@xterm/headless"

export interface Screen {
  /** Resolves when all of it is on the screen. */
  readonly feed: (data: string) => Promise<void>
  /** What comes from here on is of a new turn. Gives the line that the cursor is in: mostly the prompt that is answered now. */
  readonly mark: () => string
  /** Lines that came since the last look and are done. None while the program paints the whole screen. */
  readonly doneLines: () => ReadonlyArray<string>
  /** All that is left to look at, the line that is being written too; the whole screen of a program that paints it. */
  readonly lastLines: () => ReadonlyArray<string>
  /** The last lines of the turn that are not empty, four unless said. The line of `mark` is none of them once the cursor has left it as it was. */
  readonly tail: (count?: number) => ReadonlyArray<string>
  readonly keys: () => { readonly bracketedPaste: boolean; readonly enter: string }
}

const tailLines = 4

const isBlank = (line: string): boolean => line.trim() === ""

export const withoutBlankEnds = (lines: ReadonlyArray<string>): ReadonlyArray<string> => {
  const first = lines.findIndex((line) => !isBlank(line))
  return first < 0 ? [] : lines.slice(first, lines.findLastIndex((line) => !isBlank(line)) + 1)
}

export const makeScreen = (terminal: Terminal): Screen => {
  const normal = terminal.buffer.normal
  let seen: IMarker | undefined
  let turn: IMarker | undefined
  let marked = ""
  let kitty = 0

  // Programs that switch to this protocol take nothing else for the Enter key.
  terminal.parser.registerCsiHandler({ prefix: ">", final: "u" }, () => {
    kitty += 1
    return false
  })
  terminal.parser.registerCsiHandler({ prefix: "<", final: "u" }, ([count]) => {
    kitty = Math.max(0, kitty - (typeof count === "number" && count > 0 ? count : 1))
    return false
  })

  const painted = (): boolean => terminal.buffer.active.type === "alternate"
  const at = (index: number): IBufferLine | undefined => normal.getLine(index)
  /** The first row of the line that the cursor is in: a long line takes several rows. */
  const cursorLine = (): number => {
    let row = normal.baseY + normal.cursorY
    while (row > 0 && at(row)?.isWrapped === true) row--
    return row
  }
  const markAt = (row: number): IMarker | undefined => terminal.registerMarker(row - normal.baseY - normal.cursorY)
  /** Of what has scrolled away, what is left. */
  const rowOf = (marker: IMarker | undefined): number => (marker === undefined ? 0 : Math.max(0, marker.line))
  const linesBetween = (from: number, to: number): ReadonlyArray<string> => {
    const lines: Array<string> = []
    for (let row = from; row < to; row++) {
      const text = at(row)?.translateToString(at(row + 1)?.isWrapped !== true) ?? ""
      if (at(row)?.isWrapped === true && lines.length > 0) lines.push((lines.pop() ?? "") + text)
      else lines.push(text)
    }
    return lines
  }
  const turnLines = (): ReadonlyArray<string> => {
    const from = rowOf(turn)
    const lines = linesBetween(from, normal.length)
    return cursorLine() > from && lines[0]?.trimEnd() === marked ? lines.slice(1) : lines
  }
  const paintedLines = (): ReadonlyArray<string> =>
    Array.from({ length: terminal.rows }, (_, row) => terminal.buffer.active.getLine(terminal.buffer.active.baseY + row)?.translateToString(true) ?? "")

  return {
    feed: (data) =>
      new Promise((done) => {
        terminal.write(data, done)
      }),
    mark: () => {
      if (painted()) return ""
      for (const marker of [seen, turn]) marker?.dispose()
      seen = markAt(cursorLine())
      turn = markAt(cursorLine())
      marked = linesBetween(rowOf(turn), normal.baseY + normal.cursorY + 1)[0]?.trimEnd() ?? ""
      return marked
    },
    doneLines: () => {
      if (painted()) return []
      const [from, to] = [rowOf(seen), cursorLine()]
      // A program that goes up to write something again has nothing new to say.
      if (to <= from) return []
      seen?.dispose()
      seen = markAt(to)
      return linesBetween(from, to)
    },
    lastLines: () => (painted() ? paintedLines() : linesBetween(rowOf(seen), normal.length)),
    tail: (count = tailLines) =>
      (painted() ? paintedLines() : turnLines())
        .map((line) => line.trimEnd())
        .filter((line) => line !== "")
        .slice(-count),
    keys: () => ({ bracketedPaste: terminal.modes.bracketedPasteMode, enter: kitty > 0 ? "\u001b[13u" : "\r" }),
  }
}
