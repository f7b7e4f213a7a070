/** Schemas of JSON, types and expressions. Each is tied to its type in `model.ts`: the annotation fails to compile when they differ. */
import * as Schema from "effect/Schema"
import { functionNames, type Expr, type Expression, type Json, type SourceSpan, type Type } from "./model.ts"

export const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))
export const Positive = Schema.Int.check(Schema.isGreaterThanOrEqualTo(1))
export const Amount = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))

export const jsonSchema: Schema.Codec<Json> = Schema.Json

export const spanSchema: Schema.Codec<SourceSpan> = Schema.Struct({ source: Count, start: Count, end: Count, line: Positive, column: Positive })

const typeInside = Schema.suspend((): Schema.Codec<Type> => typeSchema)

export const typeSchema: Schema.Codec<Type> = Schema.Union([
  Schema.Struct({ kind: Schema.Literals(["string", "integer", "number", "boolean", "duration", "money", "json", "null"]) }),
  Schema.Struct({ kind: Schema.Literal("enum"), values: Schema.Array(Schema.String) }),
  Schema.Struct({ kind: Schema.Literal("list"), item: typeInside }),
  Schema.Struct({
    kind: Schema.Literal("record"),
    fields: Schema.Record(Schema.String, Schema.Struct({ type: typeInside, optional: Schema.Boolean })),
    open: Schema.Boolean,
  }),
  Schema.Struct({ kind: Schema.Literal("maybe"), type: typeInside }),
])

const inside = Schema.suspend((): Schema.Codec<Expr> => exprSchema)

export const exprSchema: Schema.Codec<Expr> = Schema.Union([
  Schema.Struct({
    op: Schema.Literal("literal"),
    kind: Schema.Literals(["string", "integer", "number", "boolean", "null", "duration", "money", "percent"]),
    value: Schema.Union([Schema.Null, Schema.Boolean, Schema.Finite, Schema.String]),
  }),
  Schema.Struct({ op: Schema.Literal("regex"), source: Schema.String }),
  Schema.Struct({ op: Schema.Literal("template"), parts: Schema.Array(Schema.Union([Schema.String, inside])) }),
  Schema.Struct({ op: Schema.Literal("list"), items: Schema.Array(inside) }),
  Schema.Struct({ op: Schema.Literal("record"), entries: Schema.Array(Schema.Struct({ key: Schema.String, value: inside })) }),
  Schema.Struct({
    op: Schema.Literal("session"),
    session: Schema.String,
    property: Schema.Literals(["output", "outputs", "text", "cost", "tokens", "turns", "attempts", "status", "error", "branch"]),
  }),
  Schema.Struct({ op: Schema.Literals(["input", "let", "variable"]), name: Schema.String }),
  Schema.Struct({ op: Schema.Literal("fleet"), property: Schema.Literals(["task", "cost", "elapsed"]) }),
  Schema.Struct({ op: Schema.Literal("human") }),
  Schema.Struct({ op: Schema.Literal("member"), object: inside, field: Schema.String, safe: Schema.Boolean }),
  Schema.Struct({ op: Schema.Literal("index"), object: inside, index: inside }),
  Schema.Struct({ op: Schema.Literals(["not", "negate"]), operand: inside }),
  Schema.Struct({
    op: Schema.Literal("binary"),
    operator: Schema.Literals(["??", "or", "and", "==", "!=", "<", "<=", ">", ">=", "in", "matches", "+", "-", "*", "/", "%"]),
    left: inside,
    right: inside,
  }),
  Schema.Struct({
    op: Schema.Literal("call"),
    function: Schema.Literals(functionNames),
    arguments: Schema.Array(inside),
  }),
])

export const expressionSchema: Schema.Codec<Expression> = Schema.Struct({ expr: exprSchema, type: typeSchema, span: Schema.optionalKey(spanSchema) })
