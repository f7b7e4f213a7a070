import type { Alignment } from "./alignment.ts"
import { copyVerbatim } from "./copy-verbatim.ts"
import { foldBlanks, isBlank } from "./fold-blanks.ts"

const escapes: Readonly<Record<string, string>> = {
  "0": "\0",
  a: "\x07",
  b: "\b",
  e: "\x1b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  N: "\u0085",
  _: "\u00a0",
  L: "\u2028",
  P: "\u2029",
  " ": " ",
  '"': '"',
  "/": "/",
  "\\": "\\",
  "\t": "\t",
}

/** Characters that the escape at `at` takes, backslash included. */
export const escapeWidth = (source: string, at: number): number => {
  switch (source[at + 1]) {
    case "x":
      return 4
    case "u":
      return 6
    case "U":
      return 10
    default:
      return 2
  }
}

const verbatim = /[^\\ \t\r\n]+/y

/** A double-quoted scalar between `[start, end)`, quotes excluded. Every unit of an escape stands at its backslash. */
export const alignQuoted = (source: string, start: number, end: number, into: Alignment): void => {
  for (let at = start; at < end;) {
    if (source[at] === "\\") {
      const lineBreak = source[at + 1] === "\n" ? 2 : source[at + 1] === "\r" && source[at + 2] === "\n" ? 3 : 0
      if (lineBreak > 0) {
        at += lineBreak
        while (at < end && (source[at] === " " || source[at] === "\t")) at++
        continue
      }
      const width = escapeWidth(source, at)
      into.put(width === 2 ? (escapes[source.charAt(at + 1)] ?? source.slice(at, at + 2)) : codePoint(source.slice(at + 2, at + width)), at)
      at += width
    } else if (isBlank(source, at)) {
      at = foldBlanks(source, at, end, into)
    } else {
      at = copyVerbatim(source, at, end, verbatim, into)
    }
  }
  into.end(end)
}

const codePoint = (hex: string): string => {
  const code = Number.parseInt(hex, 16)
  return code >= 0 && code <= 0x10ffff ? String.fromCodePoint(code) : ""
}
