/** How each kind of plugin is declared: takes the author's own `Config` type and gives back the one shape the engine knows. */
import type { ConfigSchema } from "./config.ts"
import { noCapabilities, type Driver, type DriverCapabilities } from "./driver.ts"
import { failure } from "./failure.ts"
import { openTaking } from "./frames-taken.ts"
import type { PolicyPack } from "./policy.ts"
import type { Routing } from "./routing.ts"
import type { Sink } from "./sink.ts"
import type { WorkspaceProvider } from "./workspace.ts"

/** Checks like `schema` and answers with the value it was given: that value is what the IR keeps and the hook decodes again. */
const checked = <Config>(schema: ConfigSchema<Config>): ConfigSchema<unknown> => ({
  keys: schema.keys,
  jsonSchema: schema.jsonSchema,
  ...(schema.files === undefined ? {} : { files: schema.files }),
  decode: (value) => {
    const result = schema.decode(value)
    return result.ok ? { ok: true, value } : result
  },
})

type Kind = "driver_error" | "workspace_error" | "routing_error" | "policy_denied" | "internal"

const decoded = <Config>(schema: ConfigSchema<Config>, value: unknown, kind: Kind): Config => {
  const result = schema.decode(value)
  if (result.ok) return result.value
  const issues = result.issues.map(({ message, path }) => (path.length === 0 ? message : `${path.join(".")}: ${message}`))
  throw failure(kind, `the configuration does not fit: ${issues.join("; ")}`)
}

type Configured<P, Config> = P & { readonly config: ConfigSchema<Config> }

/** A driver as its author writes it: what `capabilities` does not name it cannot do. */
export interface WrittenDriver<Config> extends Omit<Driver<Config>, "capabilities"> {
  readonly capabilities: Partial<DriverCapabilities>
}

/**
 * A driver with its configuration type hidden: `open` takes the configuration as it is written in the IR and decodes it.
 * Configuration that does not fit rejects with `driver_error`; so does a frame that its capabilities exclude.
 */
export const defineDriver = <Config>(driver: Configured<WrittenDriver<Config>, Config>): Driver => {
  const capabilities = { ...noCapabilities, ...driver.capabilities }
  return {
    capabilities,
    config: checked(driver.config),
    open: (context) => openTaking(capabilities, driver.open({ ...context, config: decoded(driver.config, context.config, "driver_error") })),
  }
}

/** The same for a workspace provider. */
export const defineWorkspace = <Config>(provider: Configured<WorkspaceProvider<Config>, Config>): WorkspaceProvider => {
  const { check } = provider
  const withConfig = <Request extends { readonly config: unknown }>(request: Request): Omit<Request, "config"> & { readonly config: Config } => ({
    ...request,
    config: decoded(provider.config, request.config, "workspace_error"),
  })
  return {
    isolated: provider.isolated,
    config: checked(provider.config),
    ...(check === undefined ? {} : { check: async (site) => check(withConfig(site)) }),
    acquire: (request) => provider.acquire(withConfig(request)),
  }
}

/** The same for a policy pack. */
export const definePolicy = <Config>(pack: Configured<PolicyPack<Config>, Config>): PolicyPack => ({
  boundaries: pack.boundaries,
  ...(pack.timeoutMs === undefined ? {} : { timeoutMs: pack.timeoutMs }),
  config: checked(pack.config),
  decide: (boundary, payload, context) => pack.decide(boundary, payload, { ...context, config: decoded(pack.config, context.config, "policy_denied") }),
})

/** The same for a routing plugin. */
export const defineRouting = <Config>(routing: Configured<Routing<Config>, Config>): Routing => ({
  ...(routing.timeoutMs === undefined ? {} : { timeoutMs: routing.timeoutMs }),
  config: checked(routing.config),
  decide: (request) => routing.decide({ ...request, config: decoded(routing.config, request.config, "routing_error") }),
})

/** The same for a sink. */
export const defineSink = <Config>(sink: Configured<Sink<Config>, Config>): Sink => {
  const { close } = sink
  return {
    config: checked(sink.config),
    write: (event, context) => sink.write(event, { ...context, config: decoded(sink.config, context.config, "internal") }),
    ...(close === undefined ? {} : { close: (context) => close({ ...context, config: decoded(sink.config, context.config, "internal") }) }),
  }
}
