/** The configurations of built-in packs, workspaces and routers, for the compiler. Apart from drivers, which take longer to load. */
import type { FoundPlugin } from "#ir"
import type { Plugin } from "#sdk"
import { baseline } from "../policies/baseline/index.ts"
import { cedarPack as cedar } from "../policies/cedar/index.ts"
import { readOnly } from "../policies/read-only/index.ts"
import { secrets } from "../policies/secrets/index.ts"
import { shellRules } from "../policies/shell-rules/index.ts"
import { llm } from "../routing/llm/index.ts"
import { directory } from "../workspaces/directory/index.ts"
import { gitWorktree } from "../workspaces/git-worktree/index.ts"
import { none } from "../workspaces/none/index.ts"
import { manifestOf } from "./manifest.ts"

const version = "1.0.0"

const plugins: ReadonlyArray<Plugin> = [
  { name: "baseline", version, api: 1, policy: baseline },
  { name: "secrets", version, api: 1, policy: secrets },
  { name: "shell-rules", version, api: 1, policy: shellRules },
  { name: "read-only", version, api: 1, policy: readOnly },
  { name: "cedar", version, api: 1, policy: cedar },
  { name: "git-worktree", version, api: 1, workspace: gitWorktree },
  { name: "directory", version, api: 1, workspace: directory },
  { name: "none", version, api: 1, workspace: none },
  { name: "llm", version, api: 1, routing: llm },
  { name: "hybrid", version, api: 1, routing: llm },
]

export const builtinManifests: ReadonlyMap<string, FoundPlugin> = new Map(plugins.map((plugin) => [plugin.name, { ok: true, manifest: manifestOf(plugin) }]))
