/** `fleetwright/plugin`: everything the author of a plugin needs, the schema library included. */
export * from "./index.ts"
export { configOf, type ConfigInput } from "./config-of.ts"
export { definePlugin, type PluginDefinition } from "./define-plugin.ts"
export * as Schema from "effect/Schema"
