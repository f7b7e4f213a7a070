/** The plugins that come along, by the names a fleet file uses. */
import type { Driver, PolicyPack, Routing, WorkspaceProvider } from "#sdk"
import { capDrivers } from "./cap-names.ts"
import { a2a } from "./drivers/a2a/index.ts"
import { acp } from "./drivers/acp/index.ts"
import { claude } from "./drivers/claude/index.ts"
import { codex } from "./drivers/codex/index.ts"
import { pty } from "./drivers/pty/index.ts"
import { makeScripted } from "./drivers/scripted/index.ts"
import { shell } from "./drivers/shell/index.ts"
import { baseline } from "./policies/baseline/index.ts"
import { cedarPack } from "./policies/cedar/index.ts"
import { readOnly } from "./policies/read-only/index.ts"
import { secrets } from "./policies/secrets/index.ts"
import { shellRules } from "./policies/shell-rules/index.ts"
import { llm } from "./routing/llm/index.ts"
import { directory } from "./workspaces/directory/index.ts"
import { gitWorktree } from "./workspaces/git-worktree/index.ts"
import { none } from "./workspaces/none/index.ts"

export { makeScripted, readScript, type Script, type ScriptResult } from "./drivers/scripted/index.ts"

export const builtinDrivers: { readonly [name: string]: Driver } = { claude, codex, acp, a2a, pty, scripted: makeScripted(new Map()), shell, ...capDrivers }

export const builtinWorkspaces: { readonly [name: string]: WorkspaceProvider } = { none, directory, "git-worktree": gitWorktree }

export const builtinPolicies: { readonly [name: string]: PolicyPack } = {
  baseline,
  secrets,
  "shell-rules": shellRules,
  "read-only": readOnly,
  cedar: cedarPack,
}

/** `hybrid` asks the same model, but only where no rule says what follows. */
export const builtinRouters: { readonly [name: string]: Routing } = { llm, hybrid: llm }

const silent: Routing = { decide: () => [] }

/** For simulations, which ask no model: nothing follows from a session that only a model would route. */
export const silentModels: { readonly [name: string]: Routing } = { llm: silent, hybrid: silent }
