/** The configurations of built-in packs, for the compiler. Apart from workspaces, which bring child processes along. */
import type { FoundPlugin } from "#ir"
import type { Plugin } from "#sdk"
import { baseline } from "../policies/baseline/index.ts"
import { cedarPack as cedar } from "../policies/cedar/index.ts"
import { readOnly } from "../policies/read-only/index.ts"
import { secrets } from "../policies/secrets/index.ts"
import { shellRules } from "../policies/shell-rules/index.ts"
import { manifestsOf } from "./manifest.ts"

const version = "1.0.0"

const plugins: ReadonlyArray<Plugin> = [
  { name: "baseline", version, api: 1, policy: baseline },
  { name: "secrets", version, api: 1, policy: secrets },
  { name: "shell-rules", version, api: 1, policy: shellRules },
  { name: "read-only", version, api: 1, policy: readOnly },
  { name: "cedar", version, api: 1, policy: cedar },
]

export const policyManifests: ReadonlyMap<string, FoundPlugin> = manifestsOf(plugins)
