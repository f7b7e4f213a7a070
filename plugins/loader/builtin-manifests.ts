/** The configurations of built-in packs, workspaces and routers, for the compiler. Apart from drivers, which take longer to load. */
import type { FoundPlugin } from "#ir"
import type { Plugin } from "#sdk"
import { llm } from "../routing/llm/index.ts"
import { directory } from "../workspaces/directory/index.ts"
import { gitWorktree } from "../workspaces/git-worktree/index.ts"
import { none } from "../workspaces/none/index.ts"
import { manifestsOf } from "./manifest.ts"
import { policyManifests } from "./policy-manifests.ts"

const version = "1.0.0"

const plugins: ReadonlyArray<Plugin> = [
  { name: "git-worktree", version, api: 1, workspace: gitWorktree },
  { name: "directory", version, api: 1, workspace: directory },
  { name: "none", version, api: 1, workspace: none },
  { name: "llm", version, api: 1, routing: llm },
  { name: "hybrid", version, api: 1, routing: llm },
]

export const builtinManifests: ReadonlyMap<string, FoundPlugin> = new Map([...policyManifests, ...manifestsOf(plugins)])
