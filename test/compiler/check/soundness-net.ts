/** Small fleets as IR, for the tests of the exploration. */
import type { Action, Case, EventPattern, Expr, Ir, Join, Rule, Send, Session, SessionEvent, Type } from "../../../compiler/ir/model.ts"
import { plainFleet, plainSession } from "../../plain-ir.ts"

const session = (id: string, type?: Type, instances = false): Session =>
  plainSession(id, { effect: "pure", instances, ...(type !== undefined && { output: { type } }) })

let sends = 0
export const send = (...to: ReadonlyArray<string>): Send => ({ kind: "send", id: `s${++sends}`, to, bySubtask: false, fresh: false })
export const upTo = (count: number, action: Send, then?: Action): Send => ({ ...action, max: { count, ...(then !== undefined && { then }) } })

/** `a.done` */
export const event = (text: string): EventPattern => {
  const [name = "", what = ""] = text.split(".")
  return { source: "session", session: name, event: what as SessionEvent }
}

/** Of a session that fans out: all of its instances, each on its own, or so many. */
export interface OfInstances {
  readonly session: string
  readonly want: "all" | "each" | number
}
type Shape =
  | string
  | EventPattern
  | OfInstances
  | { readonly kind: "all" | "any" | "race" | "atLeast"; readonly of: ReadonlyArray<Shape>; readonly count?: number }
export const all = (...of: ReadonlyArray<Shape>): Shape => ({ kind: "all", of })
export const any = (...of: ReadonlyArray<Shape>): Shape => ({ kind: "any", of })
export const race = (...of: ReadonlyArray<Shape>): Shape => ({ kind: "race", of })
export const atLeast = (count: number, ...of: ReadonlyArray<Shape>): Shape => ({ kind: "atLeast", of, count })

const joinOf = (shape: Shape): Join => {
  let leaf = 0
  const build = (part: Shape): Join => {
    if (typeof part === "string") return { kind: "event", leaf: leaf++, event: event(part) }
    if ("source" in part) return { kind: "event", leaf: leaf++, event: part }
    if ("want" in part) {
      const { session, want } = part
      const counted = typeof want === "number" ? ({ kind: "atLeast", count: want, race: false } as const) : ({ kind: want } as const)
      return { kind: "instances", leaf: leaf++, event: { source: "session", session, event: "done" }, want: counted }
    }
    const of = part.of.map(build)
    return part.kind === "atLeast" ? { kind: "atLeast", count: part.count ?? 1, of } : { kind: part.kind, of }
  }
  return build(shape)
}

export type RuleShape = readonly [Shape, Action | ReadonlyArray<Case>]

/** `a.output.ok`, `a.output.way == "x"`; `safe`: `a.output?.ok`. */
export const is = (name: string, field: string, value?: string, safe = false): NonNullable<Case["guard"]> => {
  const path: Expr = { op: "member", object: { op: "session", session: name, property: "output" }, field, safe }
  const compared: Expr = { op: "binary", operator: "==", left: path, right: { op: "literal", kind: "string", value: value ?? "" } }
  return { type: { kind: "boolean" }, expr: value === undefined ? path : compared }
}
export const when = (guard: NonNullable<Case["guard"]>, action: Action): Case => ({ guard, action })

/** Sessions by name, with the record they put out. */
export const fleet = (
  sessions: { readonly [id: string]: { readonly [field: string]: Type } | null },
  start: ReadonlyArray<string>,
  rules: ReadonlyArray<RuleShape>,
): Ir =>
  plainFleet(
    Object.entries(sessions).map(([id, fields]) =>
      session(
        id,
        fields === null
          ? undefined
          : { kind: "record", open: false, fields: Object.fromEntries(Object.entries(fields).map(([name, type]) => [name, { type, optional: false }])) },
      ),
    ),
    {
      start,
      limits: { parallel: 4 },
      rules: rules.map(([shape, action], i): Rule => ({ id: `r${i + 1}`, join: joinOf(shape), cases: "kind" in action ? [{ action }] : action })),
    },
  )
export const boolean: Type = { kind: "boolean" }
export const oneOf = (...values: ReadonlyArray<string>): Type => ({ kind: "enum", values })
