/** Whether a JSON Schema is one that outputs can be validated against, and all of it. */
import { isList, isRecord } from "../equal.ts"
import type { Json } from "../model.ts"
import { pattern } from "../regex/match.ts"
import { annotations, formats, operands, types, type Operand } from "./keywords.ts"
import { lookUp } from "./reference.ts"

/** `path` is a JSON pointer (RFC 6901) into the schema. */
export interface SchemaProblem {
  readonly path: string
  readonly message: string
}

const maxProblems = 20
const maxDepth = 64

/** At most 20 problems; none when every keyword is known and has a value that means something. Expects JSON. */
export const checkSchema = (root: Json): ReadonlyArray<SchemaProblem> => {
  const problems: Array<SchemaProblem> = []
  new SchemaCheck(root, problems).schema(root, "", 0)
  return problems.slice(0, maxProblems)
}

const step = (path: string, key: string | number): string => `${path}/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`
const isText = (value: Json): value is string => typeof value === "string"

class SchemaCheck {
  private readonly root: Json
  private readonly problems: Array<SchemaProblem>

  constructor(root: Json, problems: Array<SchemaProblem>) {
    this.root = root
    this.problems = problems
  }

  schema(schema: Json, path: string, depth: number): void {
    if (this.problems.length >= maxProblems || typeof schema === "boolean") return
    if (depth > maxDepth) return this.refuse(path, `nested deeper than ${maxDepth}`)
    if (!isRecord(schema)) return this.refuse(path, "a schema is an object, true or false")
    for (const [keyword, value] of Object.entries(schema)) {
      const at = step(path, keyword)
      const operand = Object.hasOwn(operands, keyword) ? operands[keyword] : undefined
      if (operand !== undefined) this.operand(operand, value, at, depth)
      else if (keyword === "$defs" || keyword === "definitions") this.each(value, at, depth)
      else if (!annotations.has(keyword) && !keyword.startsWith("x-")) this.refuse(at, `the keyword "${keyword}" is not supported`)
    }
  }

  private refuse(path: string, message: string): void {
    this.problems.push({ path, message })
  }

  private each(value: Json, path: string, depth: number): void {
    if (!isRecord(value)) return this.refuse(path, "expected an object of schemas")
    for (const [name, inner] of Object.entries(value)) this.schema(inner, step(path, name), depth + 1)
  }

  private operand(operand: Operand, value: Json, path: string, depth: number): void {
    const want = (holds: boolean, wanted: string): void => {
      if (!holds) this.refuse(path, `expected ${wanted}`)
    }
    switch (operand) {
      case "schema":
        return isList(value) ? this.refuse(path, "expected one schema; a list of them is `prefixItems`") : this.schema(value, path, depth + 1)
      case "schemas":
        return isList(value) && value.length > 0
          ? value.forEach((inner, index) => this.schema(inner, step(path, index), depth + 1))
          : want(false, "a list of schemas")
      case "schema map":
        return this.each(value, path, depth)
      case "pattern map":
        if (isRecord(value)) for (const source of Object.keys(value)) this.pattern(source, step(path, source))
        return this.each(value, path, depth)
      case "pattern":
        return isText(value) ? this.pattern(value, path) : want(false, "a regular expression")
      case "count":
        return want(typeof value === "number" && Number.isSafeInteger(value) && value >= 0, "a whole number from 0")
      case "number":
        return want(typeof value === "number", "a number")
      case "positive number":
        return want(typeof value === "number" && value > 0, "a number above 0")
      case "boolean":
        return want(typeof value === "boolean", "true or false")
      case "names":
        return want(isList(value) && value.every(isText), "a list of names")
      case "names map":
        return want(isRecord(value) && Object.values(value).every((names) => isList(names) && names.every(isText)), "an object of lists of names")
      case "values":
        return want(isList(value) && value.length > 0, "a list of values")
      case "types": {
        const named = isList(value) ? value : [value]
        return want(named.length > 0 && named.every((type) => isText(type) && types.has(type)), `one of ${[...types].join(", ")}, or a list of them`)
      }
      case "format":
        return want(isText(value) && Object.hasOwn(formats, value), `a format that can be checked: ${Object.keys(formats).join(", ")}`)
      case "reference":
        return want(isText(value) && isSchema(lookUp(this.root, value)), "a reference to a schema in this file, such as #/$defs/name")
      case "any":
        return
    }
  }

  private pattern(source: string, path: string): void {
    const read = pattern(source)
    if (!read.ok) this.refuse(path, read.message)
  }
}

const isSchema = (value: Json | undefined): boolean => typeof value === "boolean" || isRecord(value)
