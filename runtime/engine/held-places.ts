/** Which workspaces a run holds, folded from what happened and what followed: a run that is taken up again looks after each of them. */
import type { Command, Fact } from "../machine/protocol.ts"

type Open = Extract<Command, { readonly type: "session.open" }>

export interface HeldPlace {
  readonly declared: string
  readonly from: Open["from"]
  /** Where it is, once the session was opened in it. */
  readonly path?: string
  /** The session needs it no longer; whether it was given back before the run stopped is not known. */
  readonly released: boolean
}

export type HeldPlaces = ReadonlyMap<string, HeldPlace>

/** Changes `places`. */
export const notePlaces = (places: Map<string, HeldPlace>, fact: Fact, commands: ReadonlyArray<Command>): void => {
  if (fact.type === "session.opened" && fact.workspace !== undefined) {
    const place = places.get(fact.session)
    if (place !== undefined) places.set(fact.session, { ...place, path: fact.workspace.path })
  }
  for (const command of commands) {
    if (command.type === "session.open") {
      const { session, declared, from } = command
      const path = places.get(session)?.path
      places.set(session, { declared, from, released: false, ...(path === undefined ? {} : { path }) })
    } else if (command.type === "session.close" && command.workspace === "release") {
      const place = places.get(command.session)
      if (place !== undefined) places.set(command.session, { ...place, released: true })
    }
  }
}
