/** Durations as people write them in scripts. */

const units: { readonly [unit: string]: number } = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `10s`, `1h30m`, `250ms`, or a number of milliseconds; undefined when it is none of these. */
export const readDuration = (value: unknown): number | undefined => {
  if (typeof value === "number") return Number.isFinite(value) && value >= 0 ? value : undefined
  if (typeof value !== "string" || !/^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/u.test(value)) return undefined
  return [...value.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/gu)].reduce((sum, [, figure, unit]) => sum + Number(figure) * (units[unit ?? ""] ?? 0), 0)
}
