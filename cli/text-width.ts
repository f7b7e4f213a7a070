/** How much room text takes on a terminal, and text made fit for one line of it. */
import { stripVTControlCharacters } from "node:util"

const segments = new Intl.Segmenter(undefined, { granularity: "grapheme" })
const wide =
  /^(?:\p{Emoji_Presentation}|\p{RI}|.\uFE0F|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303E\uFF01-\uFF60\uFFE0-\uFFE6])/u
/** Controls, and the marks that reorder or hide text; the joiner of emoji stays. */
const unseen = /[\p{Cc}\p{Cs}\p{Co}\u00AD\u061C\u180E\u200B\u200E\u200F\u2028-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB]/gu

const widthOf = (grapheme: string): number => (wide.test(grapheme) ? 2 : /^\p{M}/u.test(grapheme) ? 0 : 1)

/** Columns of one line of printable text. */
export const columnsOf = (text: string): number => {
  let columns = 0
  for (const { segment } of segments.segment(text)) columns += widthOf(segment)
  return columns
}

/** One line of at most `columns`, whatever the text holds: an agent's escape sequences do nothing to the user's terminal. */
export const printable = (text: string, columns: number): string =>
  // A longer text cannot fit, however narrow its characters.
  fit(
    stripVTControlCharacters(text.slice(0, columns * 20 + 100))
      .replace(/\s+/gu, " ")
      .replace(unseen, "")
      .trim(),
    columns,
  )

/** A line as it stands, indentation kept, but for what would act on the terminal. */
export const visible = (line: string): string => stripVTControlCharacters(line).replaceAll("\t", "    ").replace(unseen, "")

/** The text, or as much of it as fits with an ellipsis. */
export const fit = (line: string, columns: number): string => {
  let used = 0
  let kept = ""
  let shorter = ""
  for (const { segment } of segments.segment(line)) {
    used += widthOf(segment)
    if (used > columns) return columns < 1 ? "" : `${shorter}…`
    kept += segment
    if (used < columns) shorter = kept
  }
  return kept
}
