/** Which workspaces a run holds, folded from what happened and what followed: a run that is taken up again looks after each of them. */
import type { Command, Fact } from "../machine/protocol.ts"

type Open = Extract<Command, { readonly type: "session.open" }>

export interface HeldPlace {
  readonly declared: string
  readonly from: Open["from"]
  /** Where it is, once the session was opened in it. */
  readonly path?: string
  /** Where its work was committed last. */
  readonly branch?: string
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
  if (fact.type === "turn.ended" && fact.branch !== undefined) {
    const place = places.get(fact.session)
    if (place !== undefined) places.set(fact.session, { ...place, branch: fact.branch })
  }
  for (const command of commands) {
    if (command.type === "session.open") {
      const { session, declared, from } = command
      places.set(session, { ...places.get(session), declared, from, released: false })
    } else if (command.type === "session.close" && command.workspace === "release") {
      const place = places.get(command.session)
      if (place !== undefined) places.set(command.session, { ...place, released: true })
    }
  }
}

/** The branches of a run by session: its own, and in a fork those of the run before that its sessions have not left yet. */
export const branchesOf = (run: string, held: HeldPlaces, forked: boolean): { readonly branches: ReadonlyMap<string, string>; readonly inherited: ReadonlyMap<string, string> } => {
  const all = [...held].flatMap(([session, { branch }]) => (branch === undefined ? [] : [[session, branch] as const]))
  const isOwn = ([, branch]: readonly [string, string]): boolean => !forked || branch.includes(run)
  return { branches: new Map(all.filter(isOwn)), inherited: new Map(all.filter((one) => !isOwn(one))) }
}
