import type { DriverDescription } from "../check/builtin-plugins.ts"
import type { OutputType } from "../check/model.ts"
import type { FleetDocument, SessionDeclaration } from "../document/index.ts"
import type { Session } from "../ir/index.ts"
import { lowerUse } from "../lower/plugin-uses.ts"
import { isSame } from "./is-same.ts"

/** What a lowered session has from the rules, and from its type. */
export interface Around {
  readonly continues: boolean
  readonly instances: boolean
  readonly output: OutputType | undefined
}

/** Sessions as they were lowered, without places, by the very declarations they were lowered from. */
export class LoweredSessions {
  #world: unknown
  #known = new WeakMap<SessionDeclaration, { readonly around: Around; readonly session: Session }>()

  /** When what all sessions have from elsewhere is not what it was, none is known. */
  lookAround({ permissions, workspace }: FleetDocument, drivers: ReadonlyArray<DriverDescription>): void {
    const world = { permissions: permissions.value, workspace: lowerUse(workspace), drivers }
    if (isSame(world, this.#world)) return
    this.#world = world
    this.#known = new WeakMap()
  }

  find(declaration: SessionDeclaration, around: Around): Session | undefined {
    const known = this.#known.get(declaration)
    return known !== undefined && isSame(known.around, around) ? known.session : undefined
  }

  keep(declaration: SessionDeclaration, around: Around, session: Session): void {
    this.#known.set(declaration, { around, session })
  }
}
