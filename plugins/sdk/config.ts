/**
 * A plugin's configuration schema as data and a function: Standard Schema v1 (run by the plugin's own copy of its library) and JSON Schema.
 * Effect schemas of another copy of `effect` must not be decoded by ours, so `configOf` turns them into this shape in the plugin's module.
 */
import type { Json } from "#ir"

export interface ConfigIssue {
  readonly message: string
  readonly path: ReadonlyArray<string | number>
}

export type ConfigResult<Config> = { readonly ok: true; readonly value: Config } | { readonly ok: false; readonly issues: ReadonlyArray<ConfigIssue> }

export interface ConfigSchema<Config> {
  readonly decode: (value: unknown) => ConfigResult<Config>
  /** Keys a session may carry for this plugin (`command` of `shell`). */
  readonly keys: ReadonlyArray<string>
  readonly jsonSchema: Json
  /** Keys that take a text or the path of a file with it (`./rules.txt`, from the fleet file); `decode` is always given the text. */
  readonly files?: ReadonlyArray<string>
}
