import type { Alignment } from "./alignment.ts"
import { copyVerbatim } from "./copy-verbatim.ts"
import { foldBlanks, isBlank } from "./fold-blanks.ts"

const verbatim = /[^' \t\r\n]+/y

/** A plain or single-quoted scalar between `[start, end)`, quotes excluded; in single quotes `''` is one quote. */
export const alignUnfolded = (source: string, start: number, end: number, quoted: boolean, into: Alignment): void => {
  for (let at = start; at < end;) {
    if (quoted && source[at] === "'") {
      into.put("'", at)
      at += 2
    } else if (isBlank(source, at)) {
      at = foldBlanks(source, at, end, into)
    } else {
      at = copyVerbatim(source, at, end, verbatim, into)
    }
  }
  into.end(end)
}
