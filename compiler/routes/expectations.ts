/** What the grammar expected at a mistake, in a reader's words. The parser's "message" is only that; `problems.ts` adds what was found. */
import type { IParserErrorMessageProvider, TokenType } from "chevrotain"

const atMost = 8

const labels = (paths: ReadonlyArray<ReadonlyArray<TokenType>>): string => {
  const all = [...new Set(paths.flatMap((path) => (path[0] === undefined ? [] : [path[0].LABEL ?? path[0].name])))]
  const shown = all.slice(0, atMost)
  if (all.length > atMost) return `${shown.join(", ")} or another one`
  return shown.length < 2 ? shown.join("") : `${shown.slice(0, -1).join(", ")} or ${shown[shown.length - 1]}`
}

export const expectations: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected }) => expected.LABEL ?? expected.name,
  buildNotAllInputParsedMessage: () => "",
  buildNoViableAltMessage: ({ expectedPathsPerAlt, customUserDescription }) => customUserDescription || labels(expectedPathsPerAlt.flat()),
  buildEarlyExitMessage: ({ expectedIterationPaths, customUserDescription }) => customUserDescription || labels(expectedIterationPaths),
}
