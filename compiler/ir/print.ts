/** How values appear in a text: scalars as people write them, anything else as canonical JSON. */
import { canonicalValue } from "./canonical.ts"
import type { Json } from "./model.ts"

export type Unit = "duration" | "money" | "percent"

const steps = [
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
] as const

/** Milliseconds as the language writes them: `5m`, `90s`, `250ms`; the largest unit that divides it evenly. */
export const printDuration = (ms: number): string => {
  for (const [unit, size] of steps) if (ms !== 0 && ms % size === 0) return `${ms / size}${unit}`
  return ms === 0 ? "0s" : `${ms}ms`
}

/** US dollars: cents always, more digits only where there are some. */
export const printMoney = (usd: number): string => {
  const digits = Math.abs(usd)
    .toFixed(6)
    .replace(/0{1,4}$/, "")
  return `${usd < 0 ? "-" : ""}$${digits}`
}

/** The text of a value in a template. Absent and null print as nothing. */
export const printValue = (value: Json | undefined, unit?: Unit): string => {
  if (value === undefined || value === null) return ""
  if (typeof value === "string") return value
  if (typeof value === "number") {
    if (unit === "duration") return printDuration(value)
    if (unit === "money") return printMoney(value)
    return unit === "percent" ? `${value}%` : String(value)
  }
  return typeof value === "boolean" ? String(value) : canonicalValue(value)
}
