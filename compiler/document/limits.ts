/** language.md 2: at most so many; more is `limit-exceeded`. */
export const limits = { sessions: 1000, routes: 10_000 } as const
