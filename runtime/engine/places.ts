/** The workspaces of a run by session: acquired once, kept between activations, made durable and given back at the end. */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { Ir, Session } from "#ir"
import type { Workspace } from "#sdk"
import type { Failure, Source } from "../machine/protocol.ts"
import { inTime } from "./bounded.ts"
import { failureOf, type Blame } from "./failure.ts"
import type { Former, HeldPlace } from "./held-places.ts"
import { resolveWorkspace, settleIn } from "./plugin-calls.ts"
import type { SessionResult, Workspaces } from "./run.ts"
import { soundWorkspace, type CallHook } from "./sound-workspace.ts"

type Snapshot = NonNullable<Awaited<ReturnType<Workspace["snapshot"]>>>

interface Place {
  readonly workspace: Workspace
  /** What the provider's own Effects hold, when it made it in one; closed after the release. */
  readonly scope: Scope.Closeable | undefined
  /** What is done in it now. One at a time: bringing in, committing, giving back. */
  last: Promise<unknown> | undefined
  /** The branch it started from, or whose work came in last. */
  source: string | undefined
  /** Nothing was done in it since it was made. */
  fresh: boolean
}

/** What the commands that make a place ready may see, and when they are no longer wanted. */
export interface Making {
  readonly env: { readonly [name: string]: string }
  readonly signal: AbortSignal
}

/** The work of two sessions does not fit together in these files. */
export interface Clash {
  readonly other: string
  readonly files: ReadonlyArray<string>
}

/** Work that was committed when no turn ended with it. */
export interface Committed {
  readonly session: string
  readonly branch: string
  readonly commit: string
}

export interface Places {
  readonly acquire: (session: string, declared: Session, from: Source, making?: Making) => Effect.Effect<Workspace, Failure>
  /** Brings in what a branch holds by now, where that loses nothing: else says what is in the way. */
  readonly takeIn: (session: string, branch: string) => Promise<Clash | undefined>
  /** Takes up a place that the run held before its process died: what is in it is committed first, and it is given back when nobody needs it. */
  readonly adopt: (session: string, declared: Session, held: HeldPlace) => Effect.Effect<void, Failure>
  /** Commits what is there; the branch that holds it, when one does, and the commit, when there was anything to commit. */
  readonly snapshot: (session: string, message: string) => Promise<{ readonly branch?: string; readonly commit?: string }>
  /**
   * Sessions of the run whose work would not merge with this one's last snapshot, or with what it has `now`, unless that was said before. Of sessions at
   * work it is what they have now.
   */
  readonly clashes: (session: string, which?: "now") => Promise<ReadonlyArray<Clash>>
  /** Tells what was committed outside of turns, and from now on what is; whether it was known before is not looked at. */
  readonly onCommitted: (tell: (work: Committed) => void) => void
  readonly release: (session: string) => Effect.Effect<void>
  readonly releaseAll: Effect.Effect<void>
  readonly branchOf: (session: string) => string | undefined
  readonly keptOf: (session: string) => SessionResult["workspaceKept"]
  readonly goneOf: (session: string) => SessionResult["filesGone"]
}

const alone = <A>(place: Place, work: () => Promise<A>): Promise<A> => {
  const mine = place.last === undefined ? work() : place.last.then(work, work)
  place.last = mine
  return mine
}

/** How many others a snapshot is compared with, the newest first: a run of a thousand sessions must not pay for each pair. */
const mostCompared = 8

/** More than the commands may take that make a place ready. */
const acquireLimitMs = 30 * 60_000
/** For anything else that is done with a place; a commit of a large repository takes its time. */
const hookLimitMs = 10 * 60_000
/** For a place that is no longer wanted to stop being made. */
const unwantedMs = 30_000

/** A provider that does not hear the signal is not waited for. */
const untilUnwanted = <A>(work: Effect.Effect<A, Failure>, signal: AbortSignal | undefined, blame: Blame): Effect.Effect<A, Failure> =>
  signal === undefined
    ? work
    : Effect.raceFirst(
        work,
        Effect.andThen(
          Effect.callback<void>((resume) => {
            const stop = (): void => resume(Effect.void)
            if (signal.aborted) stop()
            else signal.addEventListener("abort", stop, { once: true })
            return Effect.sync(() => signal.removeEventListener("abort", stop))
          }),
          Effect.andThen(
            Effect.sleep(unwantedMs),
            Effect.suspend(() => Effect.fail(failureOf("it goes on although it is no longer wanted", blame))),
          ),
        ),
      )

/** A place that comes when nobody waits for it any more. */
const giveUp = async (made: Workspace): Promise<void> => {
  try {
    await made.release()
  } catch {
    // Nobody is there whom it could be told; the place stays where it is.
  }
}

export const makePlaces = (run: string, ir: Ir, root: string, workspaces: Workspaces, former?: Former): Places => {
  const places = new Map<string, Place>()
  const branches = new Map<string, string>(former?.branches)
  /** Branches that hold nothing of their own: they go with their place, so what starts from one starts from what it started from. */
  const workless = new Map<string, Source>(former?.workless)
  /** Sessions with commits of their own, the one with the newest last. */
  const worked = new Map<string, Snapshot>()
  const early: Array<Committed> = []
  let tellCommitted = (work: Committed): void => void early.push(work)
  const toldClashes = new Map<string, string>()
  const kept = new Map<string, NonNullable<SessionResult["workspaceKept"]>>()
  const gone = new Map<string, ReadonlyArray<string>>()
  /** Places that are being given back: whoever wants them again, or the end of the run, waits for that. */
  const leaving = new Map<string, Promise<void>>()

  /** What still stands where a branch without work of its own may be gone. */
  const standing = (from: Source): Source => {
    const seen = new Set<string>()
    let at = from
    while (at.kind === "branch" && !seen.has(at.branch)) {
      seen.add(at.branch)
      const before = workless.get(at.branch)
      if (before === undefined) return at
      at = before
    }
    return at.kind === "branch" ? { kind: "base" } : at
  }

  const sessionOf = (branch: string): string => [...branches].find(([, own]) => own === branch)?.[0] ?? branch

  const takeIn: Places["takeIn"] = async (session, branch) => {
    const place = places.get(session)
    if (place === undefined) return undefined
    const { workspace } = place
    const bring = workspace.update
    const from = standing({ kind: "branch", branch })
    const has = place.fresh && from.kind === "branch" && from.branch === place.source
    place.fresh = false
    if (bring === undefined || has || from.kind === "base" || from.branch === workspace.branch) return undefined
    return alone(place, async () => {
      const { conflicts, unchanged } = await bring(from.branch)
      if (conflicts.length > 0) return { other: sessionOf(branch), files: conflicts }
      if (unchanged !== true) place.source = from.branch
      return undefined
    })
  }

  const acquire: Places["acquire"] = (session, declared, from, making) =>
    Effect.suspend(() => {
      const going = leaving.get(session)
      return going === undefined
        ? make(session, declared, from, making)
        : Effect.andThen(
            Effect.promise(() => going),
            make(session, declared, from, making),
          )
    }).pipe(Effect.uninterruptible)

  const make: Places["acquire"] = (session, declared, from, making) =>
    Effect.suspend(() => {
      const held = places.get(session)
      if (held !== undefined) return Effect.succeed(held.workspace)
      const provider = resolveWorkspace(workspaces, declared.workspace)
      if ("kind" in provider) return Effect.fail(provider)
      const { baseBranch } = ir.fleet
      const inherited = from.kind === "base" ? former?.inherited.get(session) : undefined
      const start = inherited === undefined ? standing(from) : { kind: "branch" as const, branch: inherited }
      const request = { run, session, root, from: start, config: provider.config, ...making, ...(baseBranch === undefined ? {} : { baseBranch }) }
      let scope: Scope.Closeable | undefined
      const blame = (hook: string): Blame => ({ kind: "workspace_error", who: `workspace "${declared.workspace.use}" (${hook}, session "${session}")` })
      const late = (hook: string, ms: number): Failure => failureOf(`it takes longer than ${ms / 60_000} minutes`, blame(hook))
      const acquired = settleIn(
        () => (scope ??= Scope.makeUnsafe()),
        () => provider.plugin.acquire(request),
        blame("acquire"),
        (made) => void giveUp(made),
      )
      return inTime(untilUnwanted(acquired, making?.signal, blame("acquire")), acquireLimitMs, () => late("acquire", acquireLimitMs)).pipe(
        Effect.flatMap((made) =>
          Effect.contextWith((context: Context.Context<never>) => {
            const promise = Effect.runPromiseWith(context)
            const call: CallHook = (hook, work) => {
              const asked = Effect.tryPromise({ try: work, catch: (cause) => failureOf(cause, blame(hook)) })
              return promise(inTime(asked, hookLimitMs, () => late(hook, hookLimitMs)))
            }
            return Effect.try({ try: () => soundWorkspace(made, declared.workspace.use, call), catch: (cause) => failureOf(cause, "workspace_error") })
          }),
        ),
        Effect.onError((cause) => (scope === undefined ? Effect.void : Scope.close(scope, Exit.failCause(cause)))),
        Effect.map((workspace) => {
          places.set(session, { workspace, scope, last: undefined, source: start.kind === "branch" ? start.branch : undefined, fresh: true })
          if (workspace.branch !== undefined) branches.set(session, workspace.branch)
          return workspace
        }),
      )
    })

  /** Where the work of a place is found after a snapshot of it: who added nothing of its own passes on what it was given. */
  const note = (session: string, { workspace, source }: Place, taken: Snapshot | undefined): string | undefined => {
    const branch = taken?.branch ?? source
    if (workspace.branch === undefined) return branch
    if (branch !== undefined) branches.set(session, branch)
    if (taken === undefined) workless.set(workspace.branch, source === undefined ? { kind: "base" } : { kind: "branch", branch: source })
    else {
      workless.delete(workspace.branch)
      // that there is still the same does not make it new
      if (worked.get(session)?.commit !== taken.commit) worked.delete(session)
      worked.set(session, taken)
    }
    return branch
  }

  const snapshot: Places["snapshot"] = async (session, message) => {
    const place = places.get(session)
    if (place === undefined) return {}
    const taken = await alone(place, async () => place.workspace.snapshot(message))
    const branch = note(session, place, taken)
    return { ...(branch === undefined ? {} : { branch }), ...(taken === undefined ? {} : { commit: taken.commit }) }
  }

  const clashes: Places["clashes"] = async (session, which) => {
    const place = places.get(session)?.workspace
    const compare = place?.conflicts
    const own = which === "now" ? await place?.current?.() : undefined
    if (compare === undefined || (which === "now" ? own === undefined : !worked.has(session))) return []
    const others = [...new Set([...worked.keys(), ...[...places].flatMap(([id, { workspace }]) => (workspace.current === undefined ? [] : [id]))])]
    const compared = await Promise.all(
      others
        .filter((other) => other !== session)
        .slice(-mostCompared)
        .map(async (other) => {
          // A warning that cannot be had is none: what really conflicts is told again when it is merged.
          const now =
            (await places
              .get(other)
              ?.workspace.current?.()
              .catch(() => undefined)) ?? worked.get(other)?.branch
          return { other, files: now === undefined ? [] : await compare(now, own).catch(() => []) }
        }),
    )
    const found: Array<Clash> = []
    for (const { other, files } of compared) {
      const pair = [session, other].sort().join("\n")
      const said = files.join("\n")
      if (files.length === 0 || toldClashes.get(pair) === said) continue
      toldClashes.set(pair, said)
      found.push({ other, files })
    }
    return found
  }

  const giveBack = async (session: string, place: Place): Promise<void> => {
    const { workspace } = place
    try {
      const taken = await workspace.snapshot(`fleetwright: ${session} at its end`)
      if (taken !== undefined) tellCommitted({ session, ...taken })
      const isEmpty = note(session, place, taken) === undefined
      const left = await workspace.release()
      if (left.gone !== undefined) gone.set(session, [...new Set([...(gone.get(session) ?? []), ...left.gone])])
      if (left.kept !== undefined) kept.set(session, { path: workspace.path, reason: left.kept })
      // A place that was given back empty took its branch along.
      else if (isEmpty) branches.delete(session)
    } catch (cause) {
      // What could not be made durable or given back stays where it is.
      kept.set(session, { path: workspace.path, reason: failureOf(cause, "workspace_error").message })
    }
  }

  const release: Places["release"] = (session) =>
    Effect.suspend(() => {
      const place = places.get(session)
      const going = leaving.get(session)
      if (place === undefined) return going === undefined ? Effect.void : Effect.promise(() => going)
      places.delete(session)
      const gone = Promise.withResolvers<void>()
      leaving.set(session, gone.promise)
      const given = Effect.promise(() => alone(place, () => giveBack(session, place)))
      return Effect.ensuring(
        place.scope === undefined ? given : Effect.andThen(given, Scope.close(place.scope, Exit.void)),
        Effect.sync(() => {
          leaving.delete(session)
          gone.resolve()
        }),
      )
    }).pipe(Effect.uninterruptible)

  const keepFound = async (session: string): Promise<void> => {
    const { branch, commit } = await snapshot(session, `fleetwright: ${session}, found when the run was taken up again`)
    if (branch !== undefined && commit !== undefined) tellCommitted({ session, branch, commit })
  }

  const adopt: Places["adopt"] = (session, declared, { from, released }) =>
    acquire(session, declared, from).pipe(
      Effect.andThen(
        Effect.tryPromise({
          try: () => keepFound(session),
          catch: (cause) => failureOf(cause, "workspace_error"),
        }),
      ),
      Effect.andThen(released ? release(session) : Effect.void),
    )

  return {
    acquire,
    takeIn,
    adopt,
    snapshot,
    clashes,
    onCommitted: (tell) => {
      tellCommitted = tell
      for (const work of early.splice(0)) tell(work)
    },
    release,
    releaseAll: Effect.suspend(() => Effect.forEach([...places.keys(), ...leaving.keys()], release, { concurrency: 8, discard: true })),
    branchOf: (session) => branches.get(session),
    keptOf: (session) => kept.get(session),
    goneOf: (session) => gone.get(session),
  }
}
