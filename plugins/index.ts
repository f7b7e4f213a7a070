/** The drivers and workspaces that come along, by the names a fleet file uses. */
import type { Driver, WorkspaceProvider } from "#sdk"
import { claude } from "./drivers/claude/index.ts"
import { codex } from "./drivers/codex/index.ts"
import { makeScripted } from "./drivers/scripted/index.ts"
import { shell } from "./drivers/shell/index.ts"
import { directory } from "./workspaces/directory/index.ts"
import { gitWorktree } from "./workspaces/git-worktree/index.ts"
import { none } from "./workspaces/none/index.ts"

export { makeScripted, readScript, type Script, type ScriptResult } from "./drivers/scripted/index.ts"

export const builtinDrivers: { readonly [name: string]: Driver } = { claude, codex, scripted: makeScripted(new Map()), shell }

export const builtinWorkspaces: { readonly [name: string]: WorkspaceProvider } = { none, directory, "git-worktree": gitWorktree }
