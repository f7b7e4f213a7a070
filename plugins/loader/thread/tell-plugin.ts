/** A plugin's own account of itself, as data. What it exports is its code: reading it may throw. */
import type { ConfigSchema, Plugin } from "#sdk"
import type { ToldConfig, ToldPlugin } from "./protocol.ts"

/** Throws for what is no JSON. */
const plain = <A>(value: A): A => JSON.parse(JSON.stringify(value))

const configOf = (config: ConfigSchema<unknown> | undefined): { readonly config?: ToldConfig } =>
  config === undefined
    ? {}
    : {
        config: {
          keys: [...config.keys],
          // a schema may say nothing of itself
          jsonSchema: config.jsonSchema === undefined ? {} : plain(config.jsonSchema),
          ...(config.files === undefined ? {} : { files: [...config.files] }),
        },
      }

const timeOf = ({ timeoutMs }: { readonly timeoutMs?: number }): { readonly timeoutMs?: number } => (timeoutMs === undefined ? {} : { timeoutMs })

/** Throws what reading the plugin throws. */
export const tellPlugin = ({ name, version, access, driver, workspace, policy, routing, sink }: Plugin): ToldPlugin => ({
  name,
  version,
  ...(access === undefined ? {} : { access: plain(access) }),
  ...(driver === undefined ? {} : { driver: { ...configOf(driver.config), capabilities: plain(driver.capabilities) } }),
  ...(workspace === undefined ? {} : { workspace: { ...configOf(workspace.config), isolated: workspace.isolated, checks: workspace.check !== undefined } }),
  ...(policy === undefined ? {} : { policy: { ...configOf(policy.config), ...timeOf(policy), boundaries: [...policy.boundaries] } }),
  ...(routing === undefined ? {} : { routing: { ...configOf(routing.config), ...timeOf(routing) } }),
  ...(sink === undefined ? {} : { sink: { ...configOf(sink.config), closes: sink.close !== undefined } }),
})
