/** The type of an expression and everything that is wrong with it. Problems name the expression at fault; the caller knows where it stands. */
import { brief } from "./brief.ts"
import { constantValue } from "./constant-value.ts"
import { inferBinary } from "./infer-binary.ts"
import type { Expr, FunctionName, SessionProperty, Type } from "./model.ts"
import { signatures, takes, wanted, type Parameter } from "./signatures.ts"
import { defined, sessionType, isPresent, narrow, type TypeEnv } from "./type-env.ts"
import { assignable, commonType, definite, isNumeric, isPrintable, maybe, describeType } from "./type.ts"

export type TypeProblemCode =
  | "type-mismatch"
  | "maybe-absent"
  | "not-a-list"
  | "not-printable"
  | "unknown-field"
  | "unknown-name"
  | "wrong-arguments"
  | "guard-not-boolean"
  | "invalid-value"

export interface TypeProblem {
  readonly code: TypeProblemCode
  /** The offending node, the very object in the tree. */
  readonly expr: Expr
  /** One sentence without a full stop. */
  readonly message: string
  /** For `unknown-field`: the field, and the names there are. */
  readonly field?: string
  readonly known?: ReadonlyArray<string>
}

export interface Inferred {
  readonly type: Type
  readonly problems: ReadonlyArray<TypeProblem>
}

const json: Type = { kind: "json" }
const boolean: Type = { kind: "boolean" }

/** What the parts of inference share. */
export interface Inference {
  readonly env: TypeEnv
  readonly type: (expr: Expr, env?: TypeEnv) => Type
  readonly report: (code: TypeProblemCode, expr: Expr, message: string, more?: Partial<TypeProblem>) => void
  /** The type of an operand that has to be there; reports it when it may not be. */
  readonly present: (expr: Expr, env?: TypeEnv) => Type
  /** The type of an operand that may be absent, but not because its session may not have run. */
  readonly settled: (expr: Expr) => Type
  /** The type of a let where it is read, which guards before that may have narrowed. */
  readonly named: (name: string, env: TypeEnv) => Type | undefined
}

/** Never throws. A part that is wrong counts as `json`, so that one mistake has one problem. */
export const infer = (expr: Expr, env: TypeEnv): Inferred => {
  const { inference, problems } = start(env)
  return { type: inference.type(expr), problems: eachOnce(problems) }
}

/** What is of the wrong type need not be there. */
const eachOnce = (problems: ReadonlyArray<TypeProblem>): ReadonlyArray<TypeProblem> => {
  const wrong = new Set(problems.flatMap(({ code, expr }) => (code === "maybe-absent" ? [] : [expr])))
  return wrong.size === 0 ? problems : problems.filter(({ code, expr }) => code !== "maybe-absent" || !wrong.has(expr))
}

/** As `infer`, for a guard: it has to be a boolean. */
export const inferGuard = (expr: Expr, env: TypeEnv): Inferred => {
  const { inference, problems } = start(env)
  const type = inference.present(expr)
  if (type.kind !== "boolean" && type.kind !== "json") inference.report("guard-not-boolean", expr, `a guard must be a boolean; this is ${describeType(type)}`)
  return { type: boolean, problems: eachOnce(problems) }
}

/** As `infer`, for the list of a `for`; the type is that of an item. */
export const inferItems = (expr: Expr, env: TypeEnv): Inferred => {
  const { inference, problems } = start(env)
  const type = inference.present(expr)
  if (type.kind !== "list" && type.kind !== "json") inference.report("not-a-list", expr, `"for" goes over a list; this is ${describeType(type)}`)
  return { type: type.kind === "list" ? type.item : json, problems: eachOnce(problems) }
}

/** As `infer`, for a text that is sent or shown: it has to be printable. */
export const inferText = (expr: Expr, env: TypeEnv): Inferred => {
  const { inference, problems } = start(env)
  printable(expr, inference)
  return { type: { kind: "string" }, problems: eachOnce(problems) }
}

/** An output that a value gives as if it were there and may not be, though a value as such may be absent: that is read with `?.`, or has a default. */
export const unsureReads = (expr: Expr, env: TypeEnv): ReadonlyArray<TypeProblem> =>
  mayBeUnfinished(expr, env) ? [{ code: "maybe-absent", expr, message: absence(expr, env) }] : []

/** It reads, as if that were there, what is absent when its session has not finished. */
const mayBeUnfinished = (written: Expr, env: TypeEnv): boolean => {
  const expr = defined(written, env)
  if (expr.op === "member") return !expr.safe && mayBeUnfinished(expr.object, env) && !isPresent(env, expr)
  if (expr.op === "index") return mayBeUnfinished(expr.object, env) && !isPresent(env, expr)
  if (expr.op === "binary") return expr.operator === "??" && mayBeUnfinished(expr.right, env)
  return expr.op === "session" && expr.property === "output" && !env.certain(expr.session) && !isPresent(env, expr)
}

/** How often a let is looked at anew where guards have narrowed what it reads. */
const mostLets = 200

/** The types of lets where guards have narrowed what they read. */
const narrowed = new WeakMap<TypeEnv, Map<string, Type>>()

const start = (env: TypeEnv, lets = { left: mostLets }): { readonly inference: Inference; readonly problems: ReadonlyArray<TypeProblem> } => {
  const problems: Array<TypeProblem> = []
  const inference: Inference = {
    env,
    type: (expr, inner = env) => {
      const found = typeOf(expr, {
        ...inference,
        env: inner,
        type: (part, at = inner) => inference.type(part, at),
        present: (part, at = inner) => inference.present(part, at),
        settled: (part) => settled(part, inner),
      })
      return isPresent(inner, expr) ? definite(found) : found
    },
    report: (code, expr, message, more = {}) => {
      problems.push({ code, expr, message: brief(message), ...more })
    },
    present: (expr, inner = env) => {
      const type = inference.type(expr, inner)
      if (type.kind === "maybe") inference.report("maybe-absent", expr, absence(expr, inner))
      return definite(type)
    },
    settled: (expr) => settled(expr, env),
    named: (name, inner) => {
      const value = inner.present === undefined ? undefined : inner.definition?.(name)
      if (value === undefined) return inner.let(name)
      const types = narrowed.get(inner) ?? new Map<string, Type>()
      narrowed.set(inner, types)
      const type = types.get(name) ?? (--lets.left < 0 ? inner.let(name) : start(inner, lets).inference.type(value))
      if (type !== undefined) types.set(name, type)
      return type
    },
  }
  const settled = (expr: Expr, inner: TypeEnv): Type => {
    const type = inference.type(expr, inner)
    if (type.kind === "maybe" && mayBeUnfinished(expr, inner)) inference.report("maybe-absent", expr, absence(expr, inner))
    return type
  }
  return { inference, problems }
}

/** Why it may not be there. */
const absence = (expr: Expr, env: TypeEnv): string => {
  const read = readOf(expr, env)
  if (read?.property === "output" && !env.certain(read.session)) return `"${read.session}" has not certainly finished here, so its output may be absent`
  if (read?.property === "error" && !env.failed(read.session)) return `"${read.session}" has not certainly failed here, so its error may be absent`
  if (expr.op === "member") return `"${expr.field}" is optional and may be absent here`
  if (expr.op === "index") return "there may be no such item here"
  return expr.op === "call" ? `${expr.function} of an empty list is absent, so this may be absent here` : "this may be absent here"
}

/** What of a session an expression reads, perhaps a field of it. */
const readOf = (written: Expr, env: TypeEnv): { readonly session: string; readonly property: SessionProperty } | undefined => {
  const expr = defined(written, env)
  return expr.op === "session" ? expr : expr.op === "member" || expr.op === "index" ? readOf(expr.object, env) : undefined
}

const typeOf = (expr: Expr, inference: Inference): Type => {
  const { env, present, settled, report } = inference
  const named = (found: Type | undefined, what: string): Type => {
    if (found === undefined) report("unknown-name", expr, `there is no ${what}`)
    return found ?? json
  }
  switch (expr.op) {
    case "literal":
      return literalType(expr)
    case "regex":
      return { kind: "string" }
    case "template":
      for (const part of expr.parts) if (typeof part !== "string") printable(part, inference)
      return { kind: "string" }
    case "list":
      return {
        kind: "list",
        item: expr.items.map(settled).reduce<Type | undefined>((a, b) => (a === undefined ? b : (commonType(a, b) ?? json)), undefined) ?? json,
      }
    case "record":
      return { kind: "record", open: false, fields: Object.fromEntries(expr.entries.map(({ key, value }) => [key, { type: settled(value), optional: false }])) }
    case "session": {
      const found = sessionType(env, expr.session, expr.property)
      if (found === undefined) report("unknown-field", expr, `the session "${expr.session}" declares no output`, { field: "output", known: [] })
      return found ?? json
    }
    case "input":
      return named(env.input(expr.name), `input "${expr.name}"`)
    case "let":
      return named(inference.named(expr.name, env), `let "${expr.name}"`)
    case "variable":
      return named(env.variable(expr.name), `name "${expr.name}"`)
    case "fleet":
      return { kind: expr.property === "task" ? "string" : expr.property === "cost" ? "money" : "duration" }
    case "human":
      return { kind: "string" }
    case "member":
      return memberType(expr, inference)
    case "index":
      return indexType(expr, inference)
    case "not": {
      const operand = present(expr.operand)
      if (operand.kind !== "boolean" && operand.kind !== "json")
        report("type-mismatch", expr.operand, `"not" wants a boolean; this is ${describeType(operand)}`)
      return boolean
    }
    case "negate": {
      const operand = present(expr.operand)
      if (isNumeric(operand)) return operand
      report("type-mismatch", expr.operand, `"-" wants a number; this is ${describeType(operand)}`)
      return json
    }
    case "binary":
      return inferBinary(expr, inference, narrow)
    case "call":
      return callType(expr.function, expr, inference)
  }
}

const literalType = (expr: Expr & { readonly op: "literal" }): Type => (expr.kind === "percent" ? { kind: "number" } : { kind: expr.kind })

const printable = (expr: Expr, inference: Inference): void => {
  const type = inference.present(expr)
  if (!isPrintable(type)) inference.report("not-printable", expr, `${describeType(type)} cannot stand in a text; json(…) or a field of it can`)
}

const memberType = (expr: Expr & { readonly op: "member" }, inference: Inference): Type => {
  const object = inference.type(expr.object)
  const base = definite(object)
  if (base.kind === "json") return json
  if (base.kind !== "record") {
    inference.report("unknown-field", expr, `${describeType(base)} has no field "${expr.field}"`, { field: expr.field, known: [] })
    return json
  }
  const field = Object.hasOwn(base.fields, expr.field) ? base.fields[expr.field] : undefined
  if (field === undefined) {
    const known = Object.keys(base.fields)
    const fields = known.length === 0 ? "it has none" : `its fields are ${known.join(", ")}`
    if (!base.open) inference.report("unknown-field", expr, `this has no field "${expr.field}"; ${fields}`, { field: expr.field, known })
    return json
  }
  return field.optional || object.kind === "maybe" ? maybe(field.type) : field.type
}

const indexType = (expr: Expr & { readonly op: "index" }, inference: Inference): Type => {
  const object = definite(inference.type(expr.object))
  const index = inference.present(expr.index)
  if (object.kind === "json") return json
  if (object.kind === "list") {
    if (index.kind === "integer") return itemType(expr, object.item, inference)
    if (index.kind !== "json") inference.report("type-mismatch", expr.index, `an index is an integer; this is ${describeType(index)}`)
    return maybe(object.item)
  }
  if (object.kind !== "record") {
    inference.report("not-a-list", expr.object, `only a list has items; this is ${describeType(object)}`)
    return json
  }
  if (index.kind !== "string" && index.kind !== "enum" && index.kind !== "json")
    inference.report("type-mismatch", expr.index, `a field's name is a string; this is ${describeType(index)}`)
  return json
}

/** Of a list that is written out, and an index that is, it can be told whether there is such an item. */
const itemType = ({ object, index }: Expr & { readonly op: "index" }, item: Type, inference: Inference): Type => {
  const { env, report } = inference
  const at = constantValue(index, env.definition)
  if (at?.ok !== true || typeof at.value !== "number") return maybe(item)
  if (at.value < 0) {
    report("invalid-value", index, `there is no item ${at.value}: the first item is [0], and last(…) gives the last`)
    return item
  }
  const list = defined(object, env)
  if (list.op !== "list") return maybe(item)
  const count = list.items.length
  if (at.value < count) return item
  report(
    "invalid-value",
    index,
    `there is no item ${at.value}: ${count === 0 ? "this list is empty" : `this list has ${count}, and the last is [${count - 1}]`}`,
  )
  return item
}

const callType = (name: FunctionName, expr: Expr & { readonly op: "call" }, inference: Inference): Type => {
  const { parameters, optional, repeats, result } = signatures[name]
  const given = expr.arguments.length
  const least = parameters.length - optional
  if (given < least || (given > parameters.length && repeats !== true)) {
    expr.arguments.forEach((argument) => inference.type(argument))
    const count = optional === 0 ? String(least) : `${least} to ${parameters.length}`
    inference.report("wrong-arguments", expr, `${name} takes ${count} argument${parameters.length === 1 ? "" : "s"}, not ${given}`)
    return json
  }
  const types: Array<Type> = []
  for (const [index, argument] of expr.arguments.entries()) {
    const parameter =
      searched(name, types) ?? (repeats === true && given > 1 ? "scalar" : undefined) ?? parameters[Math.min(index, parameters.length - 1)] ?? "anything"
    const found = parameter === "anything" ? (name === "default" ? inference.type(argument) : inference.settled(argument)) : inference.present(argument)
    const fits = takes(parameter, found)
    if (!fits) inference.report("wrong-arguments", argument, `${name} wants ${wanted[parameter]}; this is ${describeType(found)}`)
    const type = fits ? found : json
    const [first] = types
    if (name === "contains" && index === 1 && first?.kind === "list" && !mayHold(first.item, definite(type)))
      inference.report("wrong-arguments", argument, `${describeType(first)} never holds ${describeType(type)}`)
    if (repeats === true && first !== undefined && commonType(first, type) === undefined)
      inference.report(
        "wrong-arguments",
        argument,
        `${name} compares values of one kind; this is ${describeType(type)}, the first one is ${describeType(first)}`,
      )
    if (name === "round" && index === 1) wantDigits(argument, inference)
    types.push(type)
  }
  return result(types)
}

const wantDigits = (digits: Expr, { env, report }: Inference): void => {
  const count = constantValue(digits, env.definition)
  if (count?.ok === true && typeof count.value === "number" && !(Number.isInteger(count.value) && count.value >= 0 && count.value <= 15))
    report("wrong-arguments", digits, `round keeps 0 to 15 digits, not ${count.value}`)
}

const mayHold = (item: Type, value: Type): boolean => assignable(value, definite(item)) || assignable(definite(item), value)

/** What is looked for in a text is a text, in a list anything. */
const searched = (name: FunctionName, [whole]: ReadonlyArray<Type>): Parameter | undefined =>
  name === "contains" && (whole?.kind === "string" || whole?.kind === "enum") ? "text" : undefined
