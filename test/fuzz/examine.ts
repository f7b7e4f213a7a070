/** What must hold of every text whatever it is. */
import { isDeepStrictEqual } from "node:util"
import { checker, checkFleet, compile, renderGithub, renderJson, renderPretty, renderSarif, type Diagnostic } from "#compiler"
import { applyFixes } from "#compiler/diagnostics/apply-fixes.ts"
import { formatFleet } from "#compiler/format/index.ts"
import { decodeIr } from "#ir/decode.ts"
import { verifyIr } from "#ir"

const file = "fleet.yaml"

/** What is wrong with how the compiler took this text; undefined when nothing is. Never throws. */
export const examine = (text: string): string | undefined => {
  try {
    const { diagnostics, ir } = compile({ file, text, files: () => undefined })
    const lost = diagnostics.find((diagnostic) => !isInside(diagnostic, text))
    if (lost !== undefined) return `a diagnostic outside of the file: ${JSON.stringify(lost)}`
    const errors = diagnostics.filter(({ severity }) => severity === "error")
    if (ir === undefined && errors.length === 0) return "neither IR nor an error"
    if (ir !== undefined && errors.length > 0) return "IR in spite of errors"
    const texts = new Map([[file, text]])
    for (const rendered of [
      renderPretty(diagnostics, texts, { color: false }),
      renderJson(diagnostics, texts),
      renderSarif(diagnostics, texts, "0"),
      renderGithub(diagnostics, texts),
    ])
      if (typeof rendered !== "string") return "a renderer gave no text"
    return (ir && examineIr(JSON.parse(JSON.stringify(ir)))) ?? examineLayout(text, diagnostics) ?? examineFixes(text)
  } catch (error) {
    return `thrown: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`
  }
}

const isInside = ({ span, related, fix }: Diagnostic, text: string): boolean =>
  [span, ...related.map((one) => one.span), ...(fix?.edits ?? []).map((edit) => edit.span)].every(
    (one) => one.file === file && one.start >= 0 && one.start <= one.end && one.end <= text.length,
  )

const examineIr = (json: unknown): string | undefined => {
  const decoded = decodeIr(json)
  if (!decoded.ok) return `IR that does not decode: ${JSON.stringify(decoded.problems)}`
  const problems = verifyIr(decoded.ir)
  return problems.length === 0 ? undefined : `IR that does not verify: ${JSON.stringify(problems)}`
}

/** As `examine`, and somebody types the character in the middle: what the checker remembers of before makes no difference. */
export const examineTyped = (text: string): string | undefined => {
  const found = examine(text)
  if (found !== undefined) return found
  const again = checker()
  const middle = text.length >> 1
  again({ file, text: text.slice(0, middle) + text.slice(middle + 1), files: () => undefined })
  const { diagnostics } = again({ file, text, files: () => undefined })
  return isDeepStrictEqual(told(diagnostics), told(check(text))) ? undefined : "a check with a memory says something else"
}

const told = (diagnostics: ReadonlyArray<Diagnostic>): unknown => diagnostics.map(({ replay: _replay, ...each }) => each)

const examineLayout = (text: string, before: ReadonlyArray<Diagnostic>): string | undefined => {
  const once = formatFleet(file, text)
  if (once.kind !== "formatted" || once.text === text) return undefined
  const twice = formatFleet(file, once.text)
  if (twice.kind !== "formatted" || twice.text !== once.text) return "formatting twice is not formatting once"
  return codesOf(check(once.text)) === codesOf(before) ? undefined : "formatted, something else is wrong with it"
}

const check = (text: string): ReadonlyArray<Diagnostic> => checkFleet({ file, text, files: () => undefined }).diagnostics

const codesOf = (diagnostics: ReadonlyArray<Diagnostic>): string =>
  diagnostics
    .map(({ code }) => code)
    .sort()
    .join(" ")

/** One mistake may hide behind another, but not more than this. */
const passes = 10

const examineFixes = (text: string): string | undefined => {
  let mended = text
  for (let pass = 0; pass <= passes; pass++) {
    const diagnostics = check(mended)
    if (pass > 0 && diagnostics.some(({ code }) => code === "yaml-syntax")) return "a fix breaks the file"
    const { text: next, applied } = applyFixes(file, mended, diagnostics)
    if (applied.length === 0) return undefined
    mended = next
  }
  return "fixes that do not end"
}
