/** One JSON object a line, both ways: what claude, codex and ACP agents speak on their standard input and output. */
import type { Json } from "#ir"
import { isFields, type Fields } from "./json.ts"
import type { Line } from "./lines.ts"

/** What a line says. Garbage is told in its place among the frames, and reading goes on after it. */
export type Message = { readonly type: "frame"; readonly frame: Fields } | { readonly type: "garbage"; readonly problem: string }

const shown = 200

/** Nothing for a line of white space. */
export const readMessage = (line: Line): Message | undefined => {
  if (!line.ok) return { type: "garbage", problem: line.problem }
  if (line.text.trim() === "") return undefined
  try {
    const value: Json = JSON.parse(line.text)
    return isFields(value) ? { type: "frame", frame: value } : { type: "garbage", problem: `a line that is no JSON object: ${line.text.slice(0, shown)}` }
  } catch {
    return { type: "garbage", problem: `a line that is not JSON: ${line.text.slice(0, shown)}` }
  }
}

export async function* readMessages(lines: AsyncIterable<Line>): AsyncGenerator<Message> {
  for await (const line of lines) {
    const message = readMessage(line)
    if (message !== undefined) yield message
  }
}

/** A frame as a line. */
export const frameLine = (frame: Json): string => `${JSON.stringify(frame)}\n`
