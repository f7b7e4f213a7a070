/** In which unit a number is to be printed, read off the expression: values themselves carry none. */
import type { Expr, Ir, Type } from "./model.ts"
import type { Unit } from "./print.ts"
import { definite } from "./type.ts"

/** What has a declared type: an input, an item of a `for`, the output of a session. */
export type Declared = Extract<Expr, { readonly op: "input" | "variable" | "session" }>

interface Names {
  readonly let: (name: string) => Expr | undefined
  readonly declared?: (read: Declared) => Type | undefined
}

/** The types that an IR declares; `items`: of what its `for`s go over. */
export const declaredIn =
  (ir: Pick<Ir, "inputs" | "sessions">, items?: ReadonlyMap<string, Type>): ((read: Declared) => Type | undefined) =>
  (read) => {
    if (read.op === "input") return ir.inputs.find(({ name }) => name === read.name)?.type
    if (read.op === "variable") return items?.get(read.name)
    if (read.property !== "output" && read.property !== "outputs") return undefined
    const type = ir.sessions.find(({ id }) => id === read.session)?.output?.type
    return type === undefined || read.property === "output" ? type : { kind: "list", item: type }
  }

const maxSteps = 200

/** `undefined`: a plain number, or not a number at all. */
export const unitOf = (expr: Expr, names: Names, steps = maxSteps): Unit | undefined => {
  if (steps <= 0) return undefined
  const inner = (part: Expr | undefined): Unit | undefined => (part === undefined ? undefined : unitOf(part, names, Math.floor(steps / 2)))
  switch (expr.op) {
    case "literal":
      return expr.kind === "duration" || expr.kind === "money" || expr.kind === "percent" ? expr.kind : undefined
    case "session":
      return expr.property === "cost" ? "money" : unitOfType(declaredType(expr, names, steps))
    case "fleet":
      return expr.property === "cost" ? "money" : expr.property === "elapsed" ? "duration" : undefined
    case "input":
    case "variable":
    case "member":
      return unitOfType(declaredType(expr, names, steps))
    case "let":
      return inner(names.let(expr.name))
    case "negate":
      return inner(expr.operand)
    case "list":
      return inner(expr.items[0])
    case "index":
      return unitOfType(declaredType(expr, names, steps)) ?? inner(expr.object)
    case "binary":
      return binaryUnit(expr, inner)
    case "call":
      return ["min", "max", "sum", "first", "last", "round", "default"].includes(expr.function) ? inner(expr.arguments[0]) : undefined
    default:
      return undefined
  }
}

/** A list has the unit of its items. */
const unitOfType = (type: Type | undefined): Unit | undefined => {
  if (type?.kind === "maybe") return unitOfType(type.type)
  if (type?.kind === "list") return unitOfType(type.item)
  return type?.kind === "duration" || type?.kind === "money" ? type.kind : undefined
}

/** The type of what is read by names, fields and items alone. */
const declaredType = (expr: Expr, names: Names, steps: number): Type | undefined => {
  if (steps <= 0) return undefined
  const inner = (part: Expr): Type | undefined => {
    const type = declaredType(part, names, steps - 1)
    return type && definite(type)
  }
  switch (expr.op) {
    case "session":
    case "input":
    case "variable":
      return names.declared?.(expr)
    case "let": {
      const value = names.let(expr.name)
      return value && inner(value)
    }
    case "member": {
      const object = inner(expr.object)
      return object?.kind === "record" && Object.hasOwn(object.fields, expr.field) ? object.fields[expr.field]?.type : undefined
    }
    case "index": {
      const object = inner(expr.object)
      return object?.kind === "list" ? object.item : undefined
    }
    default:
      return undefined
  }
}

const binaryUnit = (expr: Expr & { readonly op: "binary" }, inner: (part: Expr) => Unit | undefined): Unit | undefined => {
  const left = inner(expr.left)
  switch (expr.operator) {
    case "??":
    case "+":
    case "-":
    case "%":
      return left ?? (expr.operator === "??" ? inner(expr.right) : undefined)
    case "*":
      return left ?? inner(expr.right)
    case "/":
      // five minutes by one minute is five, not five of anything
      return inner(expr.right) === undefined ? left : undefined
    default:
      return undefined
  }
}
