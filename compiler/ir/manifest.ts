/** What the compiler is told of a plugin: data and pure functions, so that it loads nothing itself. The loader makes these. */
import type { Access, Json } from "./model.ts"

/** `path` leads into the configuration that was checked. */
export interface ManifestIssue {
  readonly message: string
  readonly path: ReadonlyArray<string | number>
}

export interface ManifestKind {
  /** Keys of its configuration; none when its schema does not say. */
  readonly keys: ReadonlyArray<string>
  readonly required: ReadonlyArray<string>
  /** Keys whose value is a text, or a path to a file that holds it: one that begins with `./` or `../`. The compiler puts the text there. */
  readonly files?: ReadonlyArray<string>
  /** What is wrong with a configuration, by the plugin's own schema. */
  readonly check: (value: Json) => ReadonlyArray<ManifestIssue>
}

export interface PluginManifest {
  readonly name: string
  readonly version: string
  /** `sha256-<hex>` of what its code is made of; absent for built-in plugins. */
  readonly integrity?: string
  /** `name@version` of the installed package that it is. */
  readonly package?: string
  readonly access: Access
  readonly kinds: {
    readonly driver?: ManifestKind & { readonly capabilities: { readonly [name: string]: boolean | string } }
    readonly workspace?: ManifestKind & { readonly isolated: boolean }
    readonly policy?: ManifestKind & { readonly boundaries: ReadonlyArray<string> }
    readonly routing?: ManifestKind
    readonly sink?: ManifestKind
  }
}

export type PluginFault =
  | { readonly ok: false; readonly code: "plugin-load-failed"; readonly reason: string }
  | { readonly ok: false; readonly code: "plugin-api-version"; readonly found: string; readonly expected: string }

export type FoundPlugin = { readonly ok: true; readonly manifest: PluginManifest } | PluginFault
