import { checkFleet } from "../../../compiler/index.ts"

/** What a check of this text says: code and text at fault of each problem. That the cost has no bound is not what these tests are about. */
export const told = (text: string): ReadonlyArray<string> =>
  checkFleet({ file: "fleet.yaml", text, files: () => undefined })
    .diagnostics.filter(({ code }) => code !== "unbounded-cost")
    .map(({ code, span }) => `${code} ${text.slice(span.start, span.end)}`)
