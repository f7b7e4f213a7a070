/** Whether a JSON value is of a type; for outputs of sessions and inputs of runs. */
import { brief } from "./brief.ts"
import { isList, isRecord } from "./equal.ts"
import type { Json, Type } from "./model.ts"
import { printType } from "./type.ts"
import { isTooDeep, maxValueDepth } from "./value-depth.ts"

/** `path` is a JSON pointer (RFC 6901), empty for the value itself. */
export interface ValueProblem {
  readonly path: string
  readonly message: string
}

const maxProblems = 20

/** What is wrong with `value` as a value of `type`, at most 20 problems; empty when it fits. Durations are milliseconds, money US dollars. */
export const accepts = (type: Type, value: Json): ReadonlyArray<ValueProblem> => {
  if (isTooDeep(value)) return [{ path: "", message: `nested deeper than ${maxValueDepth}` }]
  const problems: Array<ValueProblem> = []
  visit(type, value, "", problems)
  return problems
}

const pointer = (path: string, key: string | number): string => `${path}/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`

const typeText = (type: Type): string => brief(printType(type))

const shown = (value: Json): string => {
  if (isList(value)) return "a list"
  if (isRecord(value)) return "a record"
  const text = JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}

const visit = (type: Type, value: Json, path: string, problems: Array<ValueProblem>): void => {
  if (problems.length >= maxProblems) return
  const mismatch = (): void => {
    problems.push({ path, message: `expected ${typeText(type)}, found ${shown(value)}` })
  }
  switch (type.kind) {
    case "json":
      return
    case "maybe":
      return value === null ? undefined : visit(type.type, value, path, problems)
    case "list":
      if (!isList(value)) return mismatch()
      value.forEach((item, index) => visit(type.item, item, pointer(path, index), problems))
      return
    case "record":
      if (!isRecord(value)) return mismatch()
      for (const [name, field] of Object.entries(type.fields)) {
        const given = Object.hasOwn(value, name) ? value[name] : undefined
        const absent = field.optional || field.type.kind === "maybe"
        if (given === undefined || (given === null && absent)) {
          if (!absent && field.type.kind !== "null" && problems.length < maxProblems)
            problems.push({ path: pointer(path, name), message: `"${name}" is missing; expected ${typeText(field.type)}` })
        } else visit(field.type, given, pointer(path, name), problems)
      }
      if (type.open) return
      for (const name of Object.keys(value)) {
        if (!Object.hasOwn(type.fields, name) && problems.length < maxProblems)
          problems.push({ path: pointer(path, name), message: `"${name}" is not a field of ${typeText(type)}` })
      }
      return
    default:
      if (!isScalar(type, value)) mismatch()
  }
}

const isScalar = (type: Type, value: Json): boolean => {
  switch (type.kind) {
    case "string":
      return typeof value === "string"
    case "integer":
      return Number.isSafeInteger(value)
    case "duration":
      return typeof value === "number" && Number.isFinite(value) && value >= 0
    case "number":
    case "money":
      return typeof value === "number" && Number.isFinite(value)
    case "boolean":
      return typeof value === "boolean"
    case "null":
      return value === null
    case "enum":
      return typeof value === "string" && type.values.includes(value)
    default:
      return false
  }
}
