/** How a conversation looks: lines for whoever reads them, or a terminal where a person types below what is said. */
import { createInterface, type Interface, type Key } from "node:readline"
import type { Row } from "./chat-transcript.ts"
import { columnsOf } from "./text-width.ts"

export interface Face {
  /** Lines that stay. */
  readonly show: (rows: ReadonlyArray<Row>) => void
  /** Something else to be seen: what is being said, or the prompt. */
  readonly changed: () => void
  /** Nothing more is typed; lines still come. */
  readonly close: () => void
}

export interface Look {
  /** Several sessions speak: each line says whose it is. */
  readonly labels: boolean
  readonly color: boolean
}

const hues = [36, 33, 32, 35, 34, 31]

/** The same name has the same colour wherever it stands. */
const hueOf = (name: string): number => hues[[...name].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 997, 7) % hues.length] ?? 36

const painted = (text: string, code: number, color: boolean): string => (color && text !== "" ? `\u001b[${code}m${text}\u001b[0m` : text)

export const textOfRow = ({ of, session, text }: Row, { labels, color }: Look): string => {
  const label = labels && session !== undefined ? `${session}: ` : ""
  return of === "agent" ? `${painted(label, hueOf(session ?? ""), color)}${text}` : painted(`-- ${label}${text}`, 2, color)
}

/** What agents say to `said`, all else to `told`. */
export const plainFace = (look: Look, said: (text: string) => void, told: (text: string) => void): Face => ({
  show: (rows) => {
    for (const row of rows) (row.of === "agent" ? said : told)(`${textOfRow(row, look)}\n`)
  },
  changed: () => {},
  close: () => {},
})

export interface Terminal {
  readonly input: NodeJS.ReadStream
  readonly output: NodeJS.WriteStream
  readonly prompt: () => string
  /** The lines that are being said, to be seen above the prompt. */
  readonly unfinished: () => ReadonlyArray<Row>
  readonly complete: (line: string) => ReadonlyArray<string>
  /** `pasted`: what was pasted goes on after it. */
  readonly onLine: (line: string, pasted: boolean) => void
  readonly onInterrupt: () => void
  readonly onEnd: () => void
}

/** Agents say more than eyes can follow. */
const frameMs = 30

/** Rows that a text takes; one that fills its last row begins another, as readline counts. */
const rowsOf = (text: string, columns: number): number => Math.floor(columnsOf(text) / columns) + 1

/** As much of the end of a text as fits in so many columns. */
const tail = (text: string, columns: number): string => {
  if (text.length <= 4 * columns && columnsOf(text) <= columns) return text
  let kept = text.slice(-columns)
  while (columnsOf(kept) >= columns) kept = kept.slice(1)
  return `…${kept.replace(/^[\uDC00-\uDFFF]/u, "")}`
}

/**
 * Below what has been said stand the lines that are being said, and the prompt. Each frame takes both away and writes them anew; what the person
 * has typed so far stays where it is. readline does the typing.
 */
export const terminalFace = (look: Look, terminal: Terminal): Face => {
  const { input, output } = terminal
  const colourless = { ...look, color: false }
  let shown = terminal.prompt()
  /** Rows that the unfinished lines take above the prompt. */
  let drawn = 0
  let pending: ReadonlyArray<Row> = []
  let timer: NodeJS.Timeout | undefined
  let open = true
  const size = (): { readonly columns: number; readonly rows: number } => ({ columns: output.columns || 80, rows: output.rows || 24 })
  const lines: Interface = createInterface({
    input,
    output,
    terminal: true,
    prompt: shown,
    historySize: 500,
    completer: (line: string) => [[...terminal.complete(line)], line],
  })

  const plain = (rows: ReadonlyArray<Row>): string => rows.map((row) => `${textOfRow(row, look)}\n`).join("")

  /** `above`: rows between the unfinished lines and the cursor. */
  const frame = (above: number, first = ""): void => {
    clearTimeout(timer)
    timer = undefined
    const { columns, rows } = size()
    const up = drawn + above
    const said = `${plain(pending)}${first}`
    pending = []
    const unfinished = open ? terminal.unfinished() : []
    const room = Math.max(1, Math.floor((rows - 4) / Math.max(1, unfinished.length)))
    const kept = unfinished.map((row) => ({ ...row, text: tail(row.text, columns * room - columnsOf(textOfRow({ ...row, text: "" }, colourless)) - 1) }))
    drawn = kept.reduce((sum, row) => sum + Math.ceil(Math.max(1, columnsOf(textOfRow(row, colourless))) / columns), 0)
    // readline goes up to where its prompt began before it writes it again.
    const typed = open ? lines.getCursorPos().rows : 0
    output.write(`\u001b[?25l${up > 0 ? `\u001b[${up}A` : ""}\r\u001b[J${said}${plain(kept)}${"\n".repeat(typed)}`)
    if (open) {
      shown = terminal.prompt()
      lines.setPrompt(shown)
      lines.prompt(true)
    }
    output.write("\u001b[?25h")
  }
  const now = (): void => frame(lines.getCursorPos().rows)
  const soon = (): void => {
    if (open) timer ??= setTimeout(now, frameMs)
  }
  /** A window of another width has broken the lines anew: nobody knows where they begin, so they stay. */
  const anew = (): void => {
    drawn = 0
    soon()
  }

  // What is pasted comes between marks, so that its lines are one text.
  let pasting = false
  let cut = false
  const onKey = (_text: string | undefined, { name, sequence }: Key): void => {
    // Deno's readline ends a mark before its last character, and takes that for typed.
    if (cut && sequence === "~") lines.write(null, { name: "backspace" })
    cut = sequence === "\u001b[200" || sequence === "\u001b[201"
    if (name === "paste-start" || sequence === "\u001b[200") pasting = true
    else if (name === "paste-end" || sequence === "\u001b[201") pasting = false
  }
  const unmark = (): void => void output.write("\u001b[?2004l")
  output.write("\u001b[?2004h")
  process.once("exit", unmark)
  input.on("keypress", onKey)
  lines.on("line", (line) => {
    const typed = `${shown}${line}`
    terminal.onLine(line, pasting)
    frame(rowsOf(typed, size().columns), `${typed}\n`)
  })
  lines.on("SIGINT", terminal.onInterrupt)
  lines.on("SIGCONT", anew)
  output.on("resize", anew)
  const close = (): void => {
    if (!open) return
    clearTimeout(timer)
    const above = lines.getCursorPos().rows
    open = false
    frame(above)
    output.off("resize", anew)
    input.off("keypress", onKey)
    process.off("exit", unmark)
    unmark()
    lines.close()
  }
  lines.on("close", () => {
    if (!open) return
    close()
    terminal.onEnd()
  })
  lines.prompt()
  return {
    show: (rows) => {
      if (!open) return void output.write(plain(rows))
      pending = [...pending, ...rows]
      soon()
    },
    changed: soon,
    close,
  }
}
