/** Which workspaces a run holds, folded from what happened and what followed: a run that is taken up again looks after each of them. */
import type { Command, Fact, Source } from "../machine/protocol.ts"

export interface HeldPlace {
  readonly declared: string
  readonly from: Source
  /** Where it is, once the session was opened in it. */
  readonly path?: string
  /** The branch that was made for it. */
  readonly own?: string
  /** Where its work was committed last. */
  readonly branch?: string
  /** The last commit of its own there. */
  readonly commit?: string
  /** The session needs it no longer; whether it was given back before the run stopped is not known. */
  readonly released: boolean
}

export type HeldPlaces = ReadonlyMap<string, HeldPlace>

/** Changes `places`. */
export const notePlaces = (places: Map<string, HeldPlace>, fact: Fact, commands: ReadonlyArray<Command>): void => {
  if (fact.type === "session.opened" && fact.workspace !== undefined) {
    const place = places.get(fact.session)
    const { path, branch } = fact.workspace
    if (place !== undefined) places.set(fact.session, { ...place, path, ...(branch === undefined ? {} : { own: branch }) })
  }
  if ((fact.type === "turn.ended" || fact.type === "workspace.committed") && fact.branch !== undefined) {
    const place = places.get(fact.session)
    if (place !== undefined) places.set(fact.session, { ...place, branch: fact.branch, ...(fact.commit === undefined ? {} : { commit: fact.commit }) })
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

/** What a run knows from before. */
export interface Former {
  /** Branches by session that hold work of this run. */
  readonly branches: ReadonlyMap<string, string>
  /** Those of the run it was forked from, which its sessions go on from. */
  readonly inherited: ReadonlyMap<string, string>
  /** Branches without work of their own, which may be gone, with what they started from. */
  readonly workless: ReadonlyMap<string, Source>
}

export const formerOf = (run: string, held: HeldPlaces, forked: boolean): Former => {
  const all = [...held].flatMap(([session, { branch }]) => (branch === undefined ? [] : [[session, branch] as const]))
  const isOwn = ([, branch]: readonly [string, string]): boolean => !forked || branch.includes(run)
  const workless = [...held.values()].flatMap(({ own, branch, from }) => (own === undefined || branch === own ? [] : [[own, from] as const]))
  return { branches: new Map(all.filter(isOwn)), inherited: new Map(all.filter((one) => !isOwn(one))), workless: new Map(workless) }
}
