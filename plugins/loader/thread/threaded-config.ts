import type { ConfigSchema, PluginKind } from "#sdk"
import type { PluginThread } from "./plugin-thread.ts"
import type { ToldConfig } from "./protocol.ts"

/** What a configuration comes to is the thread's business: here it stays as it is written. */
export const threadedConfig = (thread: PluginThread, kind: PluginKind, told: ToldConfig | undefined): { readonly config?: ConfigSchema<unknown> } =>
  told === undefined ? {} : { config: { ...told, decode: (value) => thread.check(kind, value) } }
