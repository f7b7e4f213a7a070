/** The workspace contract: where a session's agent works, isolated or not. Nothing uncommitted is ever lost. */
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { ConfigSchema } from "./config.ts"

export interface WorkspaceRequest<Config> {
  readonly run: string
  readonly session: string
  /** The directory of the fleet file: absolute. */
  readonly root: string
  readonly baseBranch?: string
  /** What the workspace starts from. */
  readonly from: { readonly kind: "base" } | { readonly kind: "branch"; readonly branch: string }
  readonly config: Config
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
  /** Gives the place back after a last snapshot; keeps it when something in it could not be made durable, and says so. */
  readonly release: () => Promise<{ readonly kept?: string }>
}

export interface WorkspaceProvider<Config = unknown> {
  readonly config?: ConfigSchema<Config>
  /** Two sessions can work at once without seeing each other's files. */
  readonly isolated: boolean
  readonly acquire: (request: WorkspaceRequest<Config>) => Promise<Workspace> | Effect.Effect<Workspace, unknown, Scope.Scope>
}
