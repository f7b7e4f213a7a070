/** A plugin: a plain value with a name, a version, the API it was written for, and one or more kinds. */
import type { Access } from "#ir"
import type { Driver } from "./driver.ts"
import type { PolicyPack } from "./policy.ts"
import type { Routing } from "./routing.ts"
import type { Sink } from "./sink.ts"
import type { WorkspaceProvider } from "./workspace.ts"

/** The version of this contract. */
export const pluginApi = 1

export const pluginKinds = ["driver", "workspace", "policy", "routing", "sink"] as const
export type PluginKind = (typeof pluginKinds)[number]

/** What the loader gives out: configuration types hidden, configuration checked by each kind's own schema. */
export interface Plugin {
  readonly name: string
  readonly version: string
  readonly api: typeof pluginApi
  /** What it touches besides its arguments; under Deno a fleet runs with exactly that. */
  readonly access?: Partial<Access>
  readonly driver?: Driver
  readonly workspace?: WorkspaceProvider
  readonly policy?: PolicyPack
  readonly routing?: Routing
  readonly sink?: Sink
}
