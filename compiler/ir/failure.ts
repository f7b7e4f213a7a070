/** Inside the evaluator only: why an expression has no value. It never leaves `evaluateExpression`. */
export class EvaluationFailure extends Error {}

/** What one evaluation may spend: steps for nodes visited, list items and characters made. It is what makes every expression end. */
export interface Fuel {
  left: number
}

export const spend = (fuel: Fuel, amount: number): void => {
  fuel.left -= amount
  if (fuel.left < 0) throw new EvaluationFailure("the expression takes too long")
}

/** What came out of a computation. Of whole numbers a whole one does, exact: beyond 2^53 numbers are not, and the type `integer` ends there. */
export const computed = (result: number, whole: boolean): number => {
  if (whole ? Number.isSafeInteger(result) : Number.isFinite(result)) return result
  throw new EvaluationFailure("the number is too large")
}
