import { foldBlanks, isBlank } from "./fold-blanks.ts"
import type { Decoded } from "./source-offsets.ts"

/** A plain or single-quoted scalar between `[start, end)`, quotes excluded; in single quotes `''` is one quote. */
export const decodeUnfolded = (source: string, start: number, end: number, quoted: boolean): Decoded => {
  let text = ""
  const offsets: Array<number> = []
  const put = (unit: string, at: number): void => {
    text += unit
    offsets.push(at)
  }
  for (let at = start; at < end;) {
    const unit = source.charAt(at)
    if (quoted && unit === "'") {
      put("'", at)
      at += 2
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
