/** A plugin: a plain value with a name, a version, the API it was written for, and one or more kinds. */
import type { Access } from "#ir"
import type { Driver } from "./driver.ts"
import type { WorkspaceProvider } from "./workspace.ts"

export interface Plugin {
  readonly name: string
  readonly version: string
  readonly api: 1
  readonly access?: Partial<Access>
  readonly driver?: Driver
  readonly workspace?: WorkspaceProvider
}
