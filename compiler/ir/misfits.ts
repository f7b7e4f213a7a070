import { accepts, type ValueProblem } from "./accepts.ts"
import { validate } from "./json-schema/validate.ts"
import type { Json, Type } from "./model.ts"

/** What is wrong with a value as one of a declared type, and of the JSON Schema it was written as; empty when it fits both. */
export const misfits = ({ type, schema }: { readonly type: Type; readonly schema?: Json }, value: Json): ReadonlyArray<ValueProblem> => {
  const problems = accepts(type, value)
  return problems.length > 0 || schema === undefined ? problems : validate(schema, value)
}
