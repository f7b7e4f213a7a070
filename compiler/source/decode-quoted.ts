import { foldBlanks, isBlank } from "./fold-blanks.ts"
import type { Decoded } from "./source-offsets.ts"

const escapes: Readonly<Record<string, string>> = {
  "0": "\0", a: "\x07", b: "\b", e: "\x1b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v", N: "\u0085", _: "\u00a0", L: "\u2028",
  P: "\u2029", " ": " ", '"': '"', "/": "/", "\\": "\\", "\t": "\t",
}

/** Characters that the escape at `at` takes, backslash included. */
export const escapeWidth = (source: string, at: number): number => {
  switch (source[at + 1]) {
    case "x": return 4
    case "u": return 6
    case "U": return 10
    default: return 2
  }
}

/** A double-quoted scalar between `[start, end)`, quotes excluded. Every unit of an escape maps to its backslash. */
export const decodeQuoted = (source: string, start: number, end: number): Decoded => {
  let text = ""
  const offsets: Array<number> = []
  const put = (units: string, at: number): void => {
    text += units
    for (let i = 0; i < units.length; i++) offsets.push(at)
  }
  for (let at = start; at < end;) {
    const unit = source.charAt(at)
    if (unit === "\\") {
      const lineBreak = source[at + 1] === "\n" ? 2 : source[at + 1] === "\r" && source[at + 2] === "\n" ? 3 : 0
      if (lineBreak > 0) {
        at += lineBreak
        while (at < end && (source[at] === " " || source[at] === "\t")) at++
        continue
      }
      const width = escapeWidth(source, at)
      put(width === 2 ? (escapes[source.charAt(at + 1)] ?? source.slice(at, at + 2)) : codePoint(source.slice(at + 2, at + width)), at)
      at += width
    } else if (isBlank(source, at)) {
      at = foldBlanks(source, at, end, put)
    } else {
      put(unit, at)
      at++
    }
  }
  offsets.push(end)
  return { text, offsets }
}

const codePoint = (hex: string): string => {
  const code = Number.parseInt(hex, 16)
  return code >= 0 && code <= 0x10ffff ? String.fromCodePoint(code) : ""
}
