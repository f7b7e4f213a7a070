import { compile } from "../../../compiler/index.ts"
import { verifyIr } from "#ir"

/**
 * What a check of this text says: code and text at fault of each problem. That the cost has no bound is not what these tests are about. What the
 * compiler takes, the verifier has to take as well; what that says against it comes last.
 */
export const told = (text: string): ReadonlyArray<string> => {
  const { diagnostics, ir } = compile({ file: "fleet.yaml", text, files: () => undefined })
  return [
    ...diagnostics.filter(({ code }) => code !== "unbounded-cost").map(({ code, span }) => `${code} ${text.slice(span.start, span.end)}`),
    ...(ir === undefined ? [] : verifyIr(ir).map(({ path, message }) => `IR ${path} ${message}`)),
  ]
}
