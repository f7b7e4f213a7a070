/** Whether a value fits a JSON Schema. Pure, and always ends: what costs too much does not fit. */
import { equalValues, isList, isRecord } from "../equal.ts"
import { EvaluationFailure, spend, type Fuel } from "../failure.ts"
import type { ValueProblem } from "../accepts.ts"
import type { Json } from "../model.ts"
import { pattern, type Pattern } from "../regex/match.ts"
import { formats } from "./keywords.ts"
import { isTooDeep, maxValueDepth } from "../value-depth.ts"
import { lookUp } from "./reference.ts"

const maxProblems = 20
const maxDepth = 4 * maxValueDepth
const fuelPerValue = 5_000_000

/** What is wrong with `value`, at most 20 problems; empty when it fits. `schema` is one that `checkSchema` finds nothing wrong with. */
export const validate = (schema: Json, value: Json): ReadonlyArray<ValueProblem> => {
  if (isTooDeep(value)) return [{ path: "", message: `nested deeper than ${maxValueDepth}` }]
  const fuel: Fuel = { left: fuelPerValue }
  try {
    return new Validation(schema, fuel).problems(schema, value, "", 0).slice(0, maxProblems)
  } catch (failure) {
    if (failure instanceof EvaluationFailure) return [{ path: "", message: fuel.left < 0 ? "too large to be validated against its schema" : failure.message }]
    throw failure
  }
}

type Problems = ReadonlyArray<ValueProblem>
type Fields = { readonly [key: string]: Json }

const step = (path: string, key: string | number): string => `${path}/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`
const shown = (value: Json): string => {
  if (typeof value === "object" && value !== null) return isList(value) ? "a list" : "an object"
  const text = JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}
const lengthOf = (text: string): number => [...text].length

class Validation {
  private readonly root: Json
  private readonly fuel: Fuel
  private readonly patterns = new Map<string, Pattern>()

  constructor(root: Json, fuel: Fuel) {
    this.root = root
    this.fuel = fuel
  }

  problems(schema: Json, value: Json, path: string, depth: number): Problems {
    spend(this.fuel, 1)
    // Also where a schema refers to itself without coming nearer to an end.
    if (depth > maxDepth) throw new EvaluationFailure("its schema refers to itself without end")
    if (schema === true) return []
    if (!isRecord(schema)) return [{ path, message: "no value is allowed here" }]
    return [...this.general(schema, value, path, depth), ...this.combined(schema, value, path, depth), ...this.typed(schema, value, path, depth)]
  }

  private fits(schema: Json, value: Json, path: string, depth: number): boolean {
    return this.problems(schema, value, path, depth + 1).length === 0
  }

  private general(schema: Fields, value: Json, path: string, depth: number): Problems {
    const { $ref, type, enum: values, const: constant } = schema
    const types = (isList(type) ? type : [type]).filter((name) => typeof name === "string")
    if (type !== undefined && !types.some((name) => isOf(name, value))) return [{ path, message: `expected ${types.join(" or ")}, found ${shown(value)}` }]
    const found: Array<ValueProblem> = []
    if (isList(values) && !values.some((one) => this.same(one, value)))
      found.push({ path, message: `expected one of ${values.map((one) => JSON.stringify(one)).join(", ")}, found ${shown(value)}` })
    if (constant !== undefined && !this.same(constant, value)) found.push({ path, message: `expected ${JSON.stringify(constant)}, found ${shown(value)}` })
    if (typeof $ref === "string") found.push(...this.problems(lookUp(this.root, $ref) ?? false, value, path, depth + 1))
    return found
  }

  private combined(schema: Fields, value: Json, path: string, depth: number): Problems {
    const { allOf, anyOf, oneOf, not, if: test } = schema
    const found: Array<ValueProblem> = []
    if (isList(allOf)) for (const inner of allOf) found.push(...this.problems(inner, value, path, depth + 1))
    if (isList(anyOf) && !anyOf.some((inner) => this.fits(inner, value, path, depth)))
      found.push({ path, message: `fits none of the ${anyOf.length} forms of anyOf` })
    if (isList(oneOf)) {
      const fitting = oneOf.filter((inner) => this.fits(inner, value, path, depth)).length
      if (fitting !== 1) found.push({ path, message: `fits ${fitting} of the ${oneOf.length} forms of oneOf, expected exactly one` })
    }
    if (not !== undefined && this.fits(not, value, path, depth)) found.push({ path, message: "fits a form that is ruled out (not)" })
    if (test !== undefined) found.push(...this.problems(schema[this.fits(test, value, path, depth) ? "then" : "else"] ?? true, value, path, depth + 1))
    return found
  }

  private typed(schema: Fields, value: Json, path: string, depth: number): Problems {
    if (typeof value === "string") return this.text(schema, value, path)
    if (typeof value === "number") return numeric(schema, value, path)
    if (isList(value)) return this.list(schema, value, path, depth)
    return isRecord(value) ? this.record(schema, value, path, depth) : []
  }

  private text({ minLength, maxLength, pattern: source, format }: Fields, value: string, path: string): Problems {
    const found: Array<ValueProblem> = []
    if (typeof minLength === "number" && lengthOf(value) < minLength)
      found.push({ path, message: `expected at least ${minLength} characters, found ${lengthOf(value)}` })
    if (typeof maxLength === "number" && lengthOf(value) > maxLength)
      found.push({ path, message: `expected at most ${maxLength} characters, found ${lengthOf(value)}` })
    if (typeof source === "string" && !this.matches(source, value)) found.push({ path, message: `does not match /${source}/` })
    if (typeof format === "string" && !this.matches(formats[format] ?? "", value)) found.push({ path, message: `expected a ${format}, found ${shown(value)}` })
    return found
  }

  private matches(source: string, text: string): boolean {
    const known = this.patterns.get(source) ?? pattern(source)
    this.patterns.set(source, known)
    if (!known.ok) throw new EvaluationFailure(`/${source}/ cannot be run: ${known.message}`)
    spend(this.fuel, Math.ceil((known.size * (text.length + 1)) / 100))
    return known.test(text)
  }

  private list(schema: Fields, value: ReadonlyArray<Json>, path: string, depth: number): Problems {
    const { prefixItems, items, contains, minContains, maxContains, minItems, maxItems, uniqueItems } = schema
    const found: Array<ValueProblem> = []
    if (typeof minItems === "number" && value.length < minItems) found.push({ path, message: `expected at least ${minItems} items, found ${value.length}` })
    if (typeof maxItems === "number" && value.length > maxItems) found.push({ path, message: `expected at most ${maxItems} items, found ${value.length}` })
    const prefix = isList(prefixItems) ? prefixItems : []
    for (const [index, item] of value.entries()) {
      const inner = prefix[index] ?? items
      if (inner !== undefined) found.push(...this.problems(inner, item, step(path, index), depth + 1))
      if (found.length > maxProblems) return found
    }
    if (contains !== undefined) {
      const fitting = value.filter((item, index) => this.fits(contains, item, step(path, index), depth)).length
      const least = typeof minContains === "number" ? minContains : 1
      if (fitting < least) found.push({ path, message: `expected at least ${least} items of the form of contains, found ${fitting}` })
      if (typeof maxContains === "number" && fitting > maxContains)
        found.push({ path, message: `expected at most ${maxContains} items of the form of contains, found ${fitting}` })
    }
    if (uniqueItems === true && this.repeats(value)) found.push({ path, message: "the items are not all different" })
    return found
  }

  private record(schema: Fields, value: Fields, path: string, depth: number): Problems {
    const { properties, patternProperties, additionalProperties, required, propertyNames, minProperties, maxProperties, dependentRequired } = schema
    const found: Array<ValueProblem> = []
    const names = Object.keys(value)
    const need = (name: Json): void => {
      if (typeof name === "string" && !Object.hasOwn(value, name)) found.push({ path: step(path, name), message: `"${name}" is missing` })
    }
    if (typeof minProperties === "number" && names.length < minProperties)
      found.push({ path, message: `expected at least ${minProperties} fields, found ${names.length}` })
    if (typeof maxProperties === "number" && names.length > maxProperties)
      found.push({ path, message: `expected at most ${maxProperties} fields, found ${names.length}` })
    if (isList(required)) required.forEach(need)
    if (isRecord(dependentRequired))
      for (const [name, others] of Object.entries(dependentRequired)) if (Object.hasOwn(value, name) && isList(others)) others.forEach(need)
    for (const [name, field] of Object.entries(value)) {
      const at = step(path, name)
      const declared = isRecord(properties) && Object.hasOwn(properties, name) ? properties[name] : undefined
      const matching = isRecord(patternProperties) ? Object.entries(patternProperties).filter(([source]) => this.matches(source, name)) : []
      if (declared !== undefined) found.push(...this.problems(declared, field, at, depth + 1))
      for (const [, inner] of matching) found.push(...this.problems(inner, field, at, depth + 1))
      if (declared === undefined && matching.length === 0) {
        if (additionalProperties === false) found.push({ path: at, message: `"${name}" is not allowed` })
        else if (additionalProperties !== undefined) found.push(...this.problems(additionalProperties, field, at, depth + 1))
      }
      if (propertyNames !== undefined && !this.fits(propertyNames, name, at, depth)) found.push({ path: at, message: `"${name}" is no name that is allowed` })
      if (found.length > maxProblems) return found
    }
    return found
  }

  private repeats(values: ReadonlyArray<Json>): boolean {
    const scalars = values.filter((value) => typeof value !== "object" || value === null)
    const others = values.filter((value) => typeof value === "object" && value !== null)
    return new Set(scalars).size < scalars.length || others.some((value, index) => others.findIndex((other) => this.same(other, value)) < index)
  }

  /** As JSON has it: null is a value, and equal to nothing but itself. */
  private same(a: Json, b: Json): boolean {
    spend(this.fuel, 1)
    return typeof a === "object" && typeof b === "object" ? equalValues(a, b, this.fuel) : a === b
  }
}

const isOf = (type: string, value: Json): boolean => {
  switch (type) {
    case "null":
      return value === null
    case "array":
      return isList(value)
    case "object":
      return isRecord(value)
    case "integer":
      return typeof value === "number" && Number.isInteger(value)
    default:
      return typeof value === type
  }
}

const numeric = ({ minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf }: Fields, value: number, path: string): Problems => {
  const found: Array<ValueProblem> = []
  const want = (limit: Json | undefined, holds: (limit: number) => boolean, wanted: string): void => {
    if (typeof limit === "number" && !holds(limit)) found.push({ path, message: `expected ${wanted} ${limit}, found ${value}` })
  }
  want(minimum, (limit) => value >= limit, "at least")
  want(maximum, (limit) => value <= limit, "at most")
  want(exclusiveMinimum, (limit) => value > limit, "more than")
  want(exclusiveMaximum, (limit) => value < limit, "less than")
  want(multipleOf, (unit) => isMultiple(value, unit), "a multiple of")
  return found
}

/** 0.3 is a multiple of 0.1 to everybody but binary fractions: as near as the numbers themselves can tell. */
const isMultiple = (value: number, unit: number): boolean => {
  const quotient = value / unit
  return Number.isFinite(quotient) && Math.abs(quotient - Math.round(quotient)) <= Number.EPSILON * Math.max(1, Math.abs(quotient))
}
