/** The values of literal tokens. */
import type { IToken } from "chevrotain"
import type { Expr } from "./ast.ts"
import type { Origin } from "./origin.ts"
import { numberTooLarge } from "./problems.ts"
import { checkRegex } from "./regex.ts"
import type { Span } from "../diagnostics/span.ts"

const milliseconds: { readonly [unit: string]: number } = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const durationForm = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/

/** Milliseconds of a duration such as `30s`, `5m`, `2h`, `100ms`, `1d`, `1.5h`; undefined when it is none. */
export const parseDuration = (text: string): number | undefined => {
  const found = durationForm.exec(text)
  if (found === null) return undefined
  const ms = Math.round(Number(found[1]) * milliseconds[found[2]!]!)
  return Number.isSafeInteger(ms) ? ms : undefined
}

/** The expression that a literal token is; a value too large to compute with is reported and becomes 0. */
export const literalOf = (token: IToken, span: Span, origin: Origin): Expr => {
  const { image } = token
  const checked = (value: number): number => {
    if (Number.isFinite(value) && Math.abs(value) <= Number.MAX_SAFE_INTEGER) return value
    origin.problems.push(numberTooLarge(span, image))
    return 0
  }
  switch (token.tokenType.name) {
    case "Duration":
      return { kind: "duration", text: image, ms: checked(parseDuration(image) ?? Number.NaN), span }
    case "Money":
      return { kind: "money", text: image, usd: checked(Number(image.slice(1))), span }
    case "Percent":
      return { kind: "percent", text: image, value: checked(Number(image.slice(0, -1))), span }
    case "Regex":
      checkRegex(origin, image.slice(1, -1), token.startOffset + 1)
      return { kind: "regex", source: image.slice(1, -1), span }
    case "Integer":
      return { kind: "number", text: image, value: checked(Number(image)), integer: true, span }
    case "Decimal":
      return { kind: "number", text: image, value: checked(Number(image)), integer: false, span }
    case "Word_null":
      return { kind: "null", span }
    default:
      return { kind: "boolean", value: image === "true", span }
  }
}
