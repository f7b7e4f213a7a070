/** Splits what a process says into lines, whatever it says: nothing here throws on garbage, and memory stays bounded. */

export type Line = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly problem: string }

/** Longest line that is kept, in bytes: tool results of tens of megabytes are seen in the wild, hundreds are a fault. */
export const lineLimit = 64 * 1024 * 1024

/** Lines without their end (`\n` or `\r\n`), the last one also when nothing ends it; empty lines are left out, unless `empty` asks for them. */
export async function* readLines(input: AsyncIterable<Uint8Array>, limit: number = lineLimit, empty = false): AsyncGenerator<Line> {
  const decoder = new TextDecoder("utf-8", { fatal: true })
  let held: Array<Uint8Array> = []
  let size = 0
  const take = (ended: boolean): Line | undefined => {
    const bytes = Buffer.concat(held)
    const length = size
    held = []
    size = 0
    if (length > limit) return { ok: false, problem: `a line of more than ${limit} bytes` }
    try {
      const text = decoder.decode(bytes).replace(/\r$/u, "")
      return text === "" && !(empty && ended) ? undefined : { ok: true, text }
    } catch {
      return { ok: false, problem: "a line that is not UTF-8" }
    }
  }
  const keep = (part: Uint8Array): void => {
    size += part.length
    if (size <= limit) held.push(part)
    else held = []
  }
  for await (const chunk of input) {
    let from = 0
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      keep(chunk.subarray(from, end))
      from = end + 1
      const line = take(true)
      if (line !== undefined) yield line
    }
    keep(chunk.subarray(from))
  }
  const last = take(false)
  if (last !== undefined) yield last
}
