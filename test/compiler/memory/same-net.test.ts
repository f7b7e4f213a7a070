/** What a check takes over from the one before it is right: whatever is edited in a fleet, two that are taken for one net come to the same. */
import { describe, expect, it } from "vitest"
import { compile } from "#compiler"
import { worstCaseOf, type Ir } from "#ir"
import { explore } from "../../../compiler/check/soundness/explore.ts"
import { isSameNet } from "../../../compiler/memory/same-net.ts"

const text = `fleet:
  base_branch: main
  inputs: { deep: boolean, rounds: { type: integer, default: 2 } }
  budget: { usd: 9, turns: 50, wall: 5h }
  limits: { parallel: 1 }
  sessions:
    a: { driver: claude, budget: { usd: 1 }, retry: { attempts: 2 }, output: { risky: boolean, way: x | y, tasks: [string] } }
    b: { driver: claude, max_turns: 4, compensate: u }
    c: { driver: claude, output: { ok: boolean } }
    d: { driver: claude, timeout: 1h }
    u: { driver: claude }
    w: { driver: claude }
    z: { driver: claude }
  start: [a, d]
  routes: |
    let risky = a.output.risky
    on a.started -> c
    on d.started -> c
    on a.done -> b
    on a.done when risky and inputs.deep -> d max 2
    on a.done when a.output.way == "x" -> for t in a.output.tasks -> w with "\${t}" limit 2
    on 2 of (w.done) -> z
    on all(b.done, d.done) -> z
    on all(c.done, d.failed) within 10m otherwise -> notify "late" -> undo b
    on all(b.compensated, u.done) -> gate ok "Go on?" within 1h
    on ok.approved, ok.expired -> z max 3
    on ok.rejected -> fail "no"
    on c.done when c.output.ok -> complete
`
const { ir: base } = compile({ file: "fleet.yaml", text, files: () => undefined })
if (base === undefined) throw new Error("the fleet of this test has errors")

type Value = unknown
type Path = ReadonlyArray<string | number>

const isRecord = (value: Value): value is { readonly [key: string]: Value } => typeof value === "object" && value !== null && !Array.isArray(value)

/** Within these nothing but words is written. */
const words: ReadonlySet<string> = new Set(["prompt", "text", "reason", "span"])

/** Every place in a value, with what stands there. */
const placesIn = (value: Value, path: Path = []): ReadonlyArray<readonly [Path, Value]> => [
  [path, value],
  ...(Array.isArray(value)
    ? value.flatMap((item: Value, at) => placesIn(item, [...path, at]))
    : isRecord(value)
      ? Object.entries(value).flatMap(([key, item]) => (words.has(key) ? [[[...path, key], item] as const] : placesIn(item, [...path, key])))
      : []),
]

/** Undefined drops what stands there. */
const edited = (value: Value, [key, ...rest]: Path, put: Value): Value => {
  if (key === undefined) return put
  if (Array.isArray(value))
    return value.flatMap((item: Value, at) => (at !== key ? [item] : rest.length === 0 && put === undefined ? [] : [edited(item, rest, put)]))
  if (!isRecord(value)) return value
  if (rest.length === 0 && put === undefined) return Object.fromEntries(Object.entries(value).filter(([name]) => name !== key))
  return { ...value, [key]: edited(value[key], rest, put) }
}

const names = base.sessions.map(({ id }) => id)
const events = ["done", "failed", "settled", "started"]
/** What else may stand in a place. */
const alternativesTo = (value: Value): ReadonlyArray<Value> => {
  if (typeof value === "boolean") return [!value, undefined]
  if (typeof value === "number") return [value + 1, value * 1000, 1, undefined]
  if (typeof value === "string") return [...(names.includes(value) ? names : events.includes(value) ? events : ["==", "!=", "and", "or", "x", "y"]), undefined]
  return [undefined]
}

/** What is remembered of a net; undefined where the edit has left no fleet. */
const factsOf = (ir: Ir): string | undefined => {
  try {
    const { joins, doubleActivations, undecidedSessions, neverEnds, undecidedEnd, deadRules } = explore(ir)
    return JSON.stringify([joins, doubleActivations, undecidedSessions, neverEnds, undecidedEnd, deadRules, worstCaseOf(ir)])
  } catch {
    return undefined
  }
}

const parts = ["sessions", "rules", "lets", "inputs", "start", "plugins", "mode", "budget", "limits"] as const
const before = factsOf(base)

describe("two fleets that are taken for one net", () => {
  it.each(parts)("come to the same, whatever is edited in %s", (part) => {
    for (const [path, value] of placesIn(base[part], [part]))
      for (const put of alternativesTo(value)) {
        // an IR in all but one place
        const ir = edited(base, path, put) as Ir
        if (path.length > 1 && isSameNet(base, ir)) expect(factsOf(ir) ?? before, path.join(".")).toBe(before)
      }
  })
  it("are not those of which one may work on fewer sessions at once", () => {
    const more = { ...base, limits: { parallel: 8 } }
    expect([isSameNet(base, more), factsOf(more) === before]).toEqual([false, false])
  })
})
