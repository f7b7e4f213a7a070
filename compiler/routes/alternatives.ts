/** What a grammar chooses from. Made once and not at each call, which would be most of what the parser makes. */
export interface Alternatives<A> {
  readonly ERR_MSG?: string
  readonly DEF: Array<{ readonly ALT: () => A; readonly GATE?: () => boolean }>
}

export const once = <A>(make: () => A): (() => A) => {
  let made: A | undefined
  return () => (made ??= make())
}
