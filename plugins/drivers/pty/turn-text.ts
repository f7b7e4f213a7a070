/** The lines of a turn that are the program's answer: not the prompt as it was typed, not the one that it shows at the end. */

export interface TurnText {
  /** What of these lines is known to be of the answer. Empty lines and what looks like the program's prompt wait for what follows. */
  readonly take: (lines: ReadonlyArray<string>) => ReadonlyArray<string>
}

/** What frames a line that was typed: the rim of an input box, or the marks of a paste as the system shows them. */
const framed = /(?:\^\[\[20[01]~|[\s|│┃])+$/u

/** `isPrompt`: whether a line is what the program shows when it waits. `standing`: what stood in the line that was typed into. */
export const makeTurnText = (typed: string, isPrompt: (line: string) => boolean, standing = ""): TurnText => {
  const echo = typed
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
  let held: Array<string> = []
  let begun = false
  let first = true
  return {
    take: (lines) => {
      const said: Array<string> = []
      for (const line of lines.map((each) => each.trimEnd())) {
        const [next] = echo
        const stood = first && standing !== "" && line === standing
        first = false
        if (stood) continue
        if (!begun && next !== undefined && line.replace(framed, "").endsWith(next)) {
          echo.shift()
          held = []
        } else if (line === "" || isPrompt(line)) {
          if (begun || line !== "") held.push(line)
        } else {
          said.push(...(begun ? held : held.filter((each) => each !== "")), line)
          held = []
          begun = true
        }
      }
      return said
    },
  }
}

/** Text as it may be typed: no control character but line ends and tabs, or it could leave the paste and press keys. */
export const typeable = (text: string): string =>
  [...text.replaceAll(/\r\n?/gu, "\n")].filter((letter) => letter === "\n" || letter === "\t" || !/[\p{Cc}\u2028\u2029]/u.test(letter)).join("")
