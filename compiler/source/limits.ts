/** Bounds on what is read at all; those on fleets (sessions, routes) belong to the document. */
export const limits = {
  characters: 10_000_000,
  depth: 200,
  /** one broken line can upset all that follow */
  syntaxErrors: 100,
  /** nodes that aliases and merge keys add over those written */
  aliased: 200_000,
} as const
