/** The workspaces of a run by session: acquired once, kept between activations, made durable and given back at the end. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import * as Exit from "effect/Exit"
import type { Ir, Session } from "#ir"
import type { Workspace } from "#sdk"
import type { Command, Failure } from "../machine/protocol.ts"
import { failureOf } from "./failure.ts"
import type { HeldPlace } from "./held-places.ts"
import { resolveWorkspace, settle } from "./plugin-calls.ts"
import type { Workspaces } from "./run.ts"

export interface Place {
  readonly workspace: Workspace
  /** What the provider's own Effects hold; closed after the release. */
  readonly scope: Scope.Closeable
}

export interface Places {
  readonly acquire: (session: string, declared: Session, from: Extract<Command, { type: "session.open" }>["from"]) => Effect.Effect<Workspace, Failure>
  /** Takes up a place that the run held before its process died: what is in it is committed first, and it is given back when nobody needs it. */
  readonly adopt: (session: string, declared: Session, held: HeldPlace) => Effect.Effect<void, Failure>
  /** Commits what is there; the branch that holds it, when one does. */
  readonly snapshot: (session: string, message: string) => Effect.Effect<string | undefined, Failure>
  readonly release: (session: string) => Effect.Effect<void>
  readonly releaseAll: Effect.Effect<void>
  readonly branchOf: (session: string) => string | undefined
  readonly keptOf: (session: string) => string | undefined
}

/** What a run knows from before. */
export interface Former {
  /** Branches by session that hold work of this run. */
  readonly branches: ReadonlyMap<string, string>
  /** Those of the run it was forked from, which its sessions go on from. */
  readonly inherited: ReadonlyMap<string, string>
}

export const makePlaces = (run: string, ir: Ir, root: string, workspaces: Workspaces, former?: Former): Places => {
  const places = new Map<string, Place>()
  const branches = new Map<string, string>(former?.branches)
  const kept = new Map<string, string>()
  /** Places that are being given back: whoever wants them again, or the end of the run, waits for that. */
  const leaving = new Map<string, Deferred.Deferred<void>>()
  const untilLeft = (session: string): Effect.Effect<void> => {
    const going = leaving.get(session)
    return going === undefined ? Effect.void : Deferred.await(going)
  }

  const acquire: Places["acquire"] = (session, declared, from) =>
    Effect.andThen(Effect.suspend(() => untilLeft(session)), Effect.suspend(() => {
      const held = places.get(session)
      if (held !== undefined) return Effect.succeed(held.workspace)
      const provider = resolveWorkspace(workspaces, declared.workspace)
      if ("kind" in provider) return Effect.fail(provider)
      const { baseBranch } = ir.fleet
      const inherited = from.kind === "base" ? former?.inherited.get(session) : undefined
      const start = inherited === undefined ? from : { kind: "branch" as const, branch: inherited }
      const request = { run, session, root, from: start, config: provider.config, ...(baseBranch === undefined ? {} : { baseBranch }) }
      return Effect.gen(function* () {
        const scope = yield* Scope.make()
        const workspace = yield* settle(() => provider.plugin.acquire(request), "workspace_error").pipe(
          Scope.provide(scope),
          Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause))),
        )
        places.set(session, { workspace, scope })
        if (workspace.branch !== undefined) branches.set(session, workspace.branch)
        return workspace
      })
    })).pipe(Effect.uninterruptible)

  const snapshot: Places["snapshot"] = (session, message) =>
    Effect.suspend(() => {
      const place = places.get(session)
      if (place === undefined) return Effect.succeed(undefined)
      return Effect.tryPromise({ try: () => place.workspace.snapshot(message), catch: (cause) => failureOf(cause, "workspace_error") }).pipe(
        Effect.map((taken) => {
          if (taken !== undefined) branches.set(session, taken.branch)
          return taken?.branch
        }),
      )
    })

  const release: Places["release"] = (session) =>
    Effect.suspend(() => {
      const place = places.get(session)
      if (place === undefined) return untilLeft(session)
      places.delete(session)
      const gone = Deferred.makeUnsafe<void>()
      leaving.set(session, gone)
      const { workspace, scope } = place
      let empty = false
      return Effect.tryPromise(() => workspace.snapshot(`fleetwright: ${session} at its end`)).pipe(
        Effect.tap((taken) =>
          Effect.sync(() => {
            empty = taken === undefined
            if (taken !== undefined) branches.set(session, taken.branch)
          }),
        ),
        Effect.andThen(Effect.tryPromise(() => workspace.release())),
        // A place that was given back empty took its branch along.
        Effect.tap((left) => Effect.sync(() => empty && left.kept === undefined && branches.delete(session))),
        // What could not be made durable or given back stays where it is.
        Effect.catchCause(() => Effect.succeed<{ readonly kept?: string }>({ kept: workspace.path })),
        Effect.tap((left) => Effect.sync(() => left.kept !== undefined && kept.set(session, left.kept))),
        Effect.andThen(Scope.close(scope, Exit.void)),
        Effect.ensuring(
          Effect.suspend(() => {
            leaving.delete(session)
            return Deferred.succeed(gone, undefined)
          }),
        ),
      )
    }).pipe(Effect.uninterruptible)

  const adopt: Places["adopt"] = (session, declared, { from, released }) =>
    acquire(session, declared, from).pipe(
      Effect.andThen(snapshot(session, `fleetwright: ${session}, found when the run was taken up again`)),
      Effect.andThen(released ? release(session) : Effect.void),
    )

  return {
    acquire,
    adopt,
    snapshot,
    release,
    releaseAll: Effect.suspend(() => Effect.forEach([...places.keys(), ...leaving.keys()], release, { concurrency: 8, discard: true })),
    branchOf: (session) => branches.get(session),
    keptOf: (session) => kept.get(session),
  }
}
