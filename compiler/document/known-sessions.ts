import type { MapEntry } from "../source/model.ts"
import type { SessionDeclaration, SessionSettings } from "./model.ts"
import type { Problems, Reader } from "./section.ts"

const noDefaults: SessionSettings = { driverKeys: [] }

/** Sessions in which nothing was wrong, by the very entry they were read from, as long as the `defaults` are the very ones they were read over. */
export class KnownSessions {
  #entry: MapEntry | undefined
  #defaults = noDefaults
  #sessions = new WeakMap<MapEntry, SessionDeclaration>()

  /** Read before the sessions; when they are not what they were, none is known. */
  defaults(entry: MapEntry | undefined, problems: Problems, read: Reader<SessionSettings>): SessionSettings {
    if (entry !== undefined && entry === this.#entry) return this.#defaults
    const before = problems.count
    const defaults = (entry && read(entry, problems)) ?? noDefaults
    if (defaults !== this.#defaults) this.#sessions = new WeakMap()
    this.#entry = problems.count === before ? entry : undefined
    this.#defaults = defaults
    return defaults
  }

  session(entry: MapEntry, problems: Problems, read: (entry: MapEntry) => SessionDeclaration): SessionDeclaration {
    const known = this.#sessions.get(entry)
    if (known !== undefined) return known
    const before = problems.count
    const session = read(entry)
    if (problems.count === before) this.#sessions.set(entry, session)
    return session
  }
}
