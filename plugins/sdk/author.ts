/** `fleetwright/plugin`: everything the author of a plugin needs, the schema library included. */
export * from "./index.ts"
export { configOf } from "./config-of.ts"
export * as Schema from "effect/Schema"
