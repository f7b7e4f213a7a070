/** The workspace contract: where a session's agent works, isolated or not. Nothing uncommitted is ever lost. */
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { ConfigSchema } from "./config.ts"

export interface WorkspaceSite<Config> {
  /** The directory of the fleet file: absolute. */
  readonly root: string
  readonly baseBranch?: string
  readonly config: Config
}

export interface WorkspaceRequest<Config> extends WorkspaceSite<Config> {
  readonly run: string
  readonly session: string
  /** What the workspace starts from. */
  readonly from: { readonly kind: "base" } | { readonly kind: "branch"; readonly branch: string }
  /** The session's environment, for commands that make the place ready. Absent when a place is only taken up again. */
  readonly env?: { readonly [name: string]: string }
  /** The session is no longer wanted: a command that runs is to be stopped, and `acquire` to reject. */
  readonly signal?: AbortSignal
}

export interface Snapshot {
  readonly branch: string
  readonly commit: string
}

export interface Workspace {
  readonly path: string
  readonly branch?: string
  /** Makes what is there durable (a commit on the branch) and says where; undefined when there is nothing to keep. */
  readonly snapshot: (message: string) => Promise<Snapshot | undefined>
  /** A unified diff against what the workspace started from. */
  readonly diff: () => Promise<string>
  /**
   * For a place whose session is activated again, or by several: brings in what a branch holds by now, where that loses nothing. `conflicts`: files in
   * which the two do not fit together; then nothing has changed. `unchanged`: the place had all of that already.
   */
  readonly update?: (branch: string) => Promise<{ readonly conflicts: ReadonlyArray<string>; readonly unchanged?: boolean }>
  /**
   * Files in which the last snapshot, or `own`, would not merge with other work: a branch, or what `current` of that place gave. `own` is what `current`
   * gave here. Changes nothing; empty when that cannot be told.
   */
  readonly conflicts?: (other: string, own?: string) => Promise<ReadonlyArray<string>>
  /** A name for what is there now, committed or not, made without the agent noticing; undefined when there is none. For the `conflicts` of others. */
  readonly current?: () => Promise<string | undefined>
  /**
   * Gives the place back after a last snapshot; keeps it when something in it could not be made durable, and says why. `gone`: files that count as no
   * work and went with it (git ignores them), relative to the place.
   */
  readonly release: () => Promise<{ readonly kept?: string; readonly gone?: ReadonlyArray<string> }>
}

export interface WorkspaceProvider<Config = unknown> {
  readonly config?: ConfigSchema<Config>
  /** Two sessions can work at once without seeing each other's files. */
  readonly isolated: boolean
  /** Asked once before a run starts: rejects when no workspace could be acquired there, with the reason. */
  readonly check?: (site: WorkspaceSite<Config>) => Promise<void>
  readonly acquire: (request: WorkspaceRequest<Config>) => Promise<Workspace> | Effect.Effect<Workspace, unknown, Scope.Scope>
}
