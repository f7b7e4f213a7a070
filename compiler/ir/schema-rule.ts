/** Schemas of joins, actions and rules. */
import * as Schema from "effect/Schema"
import { failureKinds, type Action, type EventPattern, type Join, type PluginUse, type Rule, type Send } from "./model.ts"
import { Amount, Count, expressionSchema, jsonSchema, Positive, spanSchema } from "./schema-expression.ts"

export const pluginUseSchema: Schema.Codec<PluginUse> = Schema.Struct({ use: Schema.String, with: jsonSchema })

export const failureKindsSchema = Schema.Array(Schema.Literals(failureKinds))

const eventSchema: Schema.Codec<EventPattern> = Schema.Union([
  Schema.Struct({
    source: Schema.Literal("session"),
    session: Schema.String,
    event: Schema.Literals(["started", "done", "failed", "cancelled", "skipped", "settled", "asked", "compensated"]),
    kinds: Schema.optionalKey(failureKindsSchema),
  }),
  Schema.Struct({ source: Schema.Literal("idle"), session: Schema.String, ms: Amount }),
  Schema.Struct({ source: Schema.Literal("gate"), gate: Schema.String, event: Schema.Literals(["approved", "rejected", "expired"]) }),
  Schema.Struct({ source: Schema.Literals(["human", "fleet"]) }),
  Schema.Struct({ source: Schema.Literal("budget"), percent: Amount }),
  Schema.Struct({ source: Schema.Literal("every"), ms: Schema.Finite.check(Schema.isGreaterThan(0)) }),
])

const joinInside = Schema.Array(Schema.suspend((): Schema.Codec<Join> => joinSchema))

export const joinSchema: Schema.Codec<Join> = Schema.Union([
  Schema.Struct({ kind: Schema.Literal("event"), leaf: Count, event: eventSchema }),
  Schema.Struct({
    kind: Schema.Literal("instances"),
    leaf: Count,
    event: eventSchema,
    want: Schema.Union([
      Schema.Struct({ kind: Schema.Literals(["all", "each"]) }),
      Schema.Struct({ kind: Schema.Literal("atLeast"), count: Positive, race: Schema.Boolean }),
    ]),
  }),
  Schema.Struct({ kind: Schema.Literals(["all", "any", "race"]), of: joinInside }),
  Schema.Struct({ kind: Schema.Literal("atLeast"), count: Positive, of: joinInside }),
])

const actionInside = Schema.suspend((): Schema.Codec<Action> => actionSchema)
const bound = Schema.optionalKey(Schema.Struct({ count: Positive, then: Schema.optionalKey(actionInside) }))
const text = Schema.optionalKey(expressionSchema)
const optionalMs = Schema.optionalKey(Amount)

const sendSchema: Schema.Codec<Send> = Schema.Struct({
  kind: Schema.Literal("send"),
  id: Schema.String,
  to: Schema.Array(Schema.String),
  prompt: text,
  bySubtask: Schema.Boolean,
  max: bound,
  afterMs: optionalMs,
  fresh: Schema.Boolean,
  priority: Schema.optionalKey(Schema.Finite),
})

const actionSchema: Schema.Codec<Action> = Schema.Union([
  sendSchema,
  Schema.Struct({ kind: Schema.Literal("for"), variable: Schema.String, list: expressionSchema, limit: Schema.optionalKey(Positive), send: sendSchema }),
  Schema.Struct({
    kind: Schema.Literal("retry"),
    id: Schema.String,
    session: Schema.String,
    prompt: text,
    afterMs: optionalMs,
    max: bound,
    fresh: Schema.Boolean,
    priority: Schema.optionalKey(Schema.Finite),
  }),
  Schema.Struct({ kind: Schema.Literal("select"), from: Schema.Array(Schema.String) }),
  Schema.Struct({ kind: Schema.Literal("gate"), gate: Schema.String, prompt: expressionSchema, withinMs: optionalMs }),
  Schema.Struct({
    kind: Schema.Literal("cancel"),
    target: Schema.Union([
      Schema.Struct({ kind: Schema.Literal("session"), session: Schema.String }),
      Schema.Struct({ kind: Schema.Literals(["others", "fleet"]) }),
    ]),
  }),
  Schema.Struct({ kind: Schema.Literal("undo"), session: Schema.String }),
  Schema.Struct({ kind: Schema.Literal("pause"), reason: text }),
  Schema.Struct({ kind: Schema.Literal("complete") }),
  Schema.Struct({ kind: Schema.Literal("fail"), reason: expressionSchema }),
  Schema.Struct({ kind: Schema.Literal("notify"), text: expressionSchema }),
  Schema.Struct({ kind: Schema.Literal("use"), plugin: pluginUseSchema }),
  Schema.Struct({ kind: Schema.Literal("sequence"), actions: Schema.Array(actionInside) }),
])

export const ruleSchema: Schema.Codec<Rule> = Schema.Struct({
  id: Schema.String,
  join: joinSchema,
  within: Schema.optionalKey(Schema.Struct({ ms: Amount, otherwise: actionSchema })),
  cases: Schema.Array(Schema.Struct({ guard: text, action: actionSchema, span: Schema.optionalKey(spanSchema) })),
  span: Schema.optionalKey(spanSchema),
})
