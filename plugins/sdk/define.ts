/** How a plugin is declared. Each function takes the author's own `Config` type and gives back the one shape the engine knows. */
import type { ConfigSchema } from "./config.ts"
import type { Driver } from "./driver.ts"
import { failure } from "./failure.ts"
import type { Plugin } from "./plugin.ts"
import type { WorkspaceProvider } from "./workspace.ts"

/** Checks like `schema` and answers with the value it was given: that value is what the IR keeps and `open` decodes again. */
const checked = <Config>(schema: ConfigSchema<Config>): ConfigSchema<unknown> => ({
  keys: schema.keys,
  jsonSchema: schema.jsonSchema,
  decode: (value) => {
    const result = schema.decode(value)
    return result.ok ? { ok: true, value } : result
  },
})

const decoded = <Config>(schema: ConfigSchema<Config>, value: unknown): Config => {
  const result = schema.decode(value)
  if (result.ok) return result.value
  const issues = result.issues.map(({ message, path }) => (path.length === 0 ? message : `${path.join(".")}: ${message}`))
  throw failure("driver_error", `the configuration does not fit: ${issues.join("; ")}`)
}

/**
 * A driver with its configuration type hidden: `open` takes the configuration as it is written in the IR and decodes it.
 * Configuration that does not fit rejects with `driver_error`.
 */
export const defineDriver = <Config>(driver: Driver<Config> & { readonly config: ConfigSchema<Config> }): Driver => ({
  capabilities: driver.capabilities,
  config: checked(driver.config),
  open: (context) => driver.open({ ...context, config: decoded(driver.config, context.config) }),
})

/** The same for a workspace provider. */
export const defineWorkspace = <Config>(
  provider: WorkspaceProvider<Config> & { readonly config: ConfigSchema<Config> },
): WorkspaceProvider => ({
  isolated: provider.isolated,
  config: checked(provider.config),
  acquire: (request) => provider.acquire({ ...request, config: decoded(provider.config, request.config) }),
})

/** The default export of a plugin's module. Drivers and workspaces with a configuration come from `defineDriver` and `defineWorkspace`. */
export const definePlugin = (plugin: Plugin): Plugin => plugin
