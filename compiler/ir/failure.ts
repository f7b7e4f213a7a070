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
