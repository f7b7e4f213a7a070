/** What a hook answers, waited for in the plugin's thread: a value, a Promise, or an Effect of whatever copy of the library. */

/** What an Effect holds on to until somebody lets go. */
export interface Held {
  readonly value: unknown
  readonly letGo: () => Promise<void>
}

const nothing = (): Promise<void> => Promise.resolve()

const isEffect = (answer: unknown): boolean => typeof answer === "object" && answer !== null && "~effect/Effect" in answer

/** `signal`: nobody waits any more; an Effect is interrupted. */
export const settleAnswer = async (answer: unknown, signal: AbortSignal): Promise<Held> => {
  if (!isEffect(answer)) return { value: await answer, letGo: nothing }
  // most plugins know no Effect: then nothing of it is loaded
  const [Cause, Effect, Exit, Scope] = await Promise.all([import("effect/Cause"), import("effect/Effect"), import("effect/Exit"), import("effect/Scope")])
  const scope = Scope.makeUnsafe()
  const exit = await Effect.runPromiseExit(Scope.provide(answer as Parameters<typeof Effect.runPromiseExit<unknown, unknown>>[0], scope), { signal })
  const letGo = (): Promise<void> => Effect.runPromise(Scope.close(scope, exit))
  if (Exit.isSuccess(exit)) return { value: exit.value, letGo }
  await letGo()
  throw Cause.squash(exit.cause)
}
