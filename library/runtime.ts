/**
 * `fleetwright/runtime`: runs IR; `loadRegistry` gives it the plugins that an IR names. Signed statements about runs (docs/trust.md) come
 * from here too. Loads nothing of the compiler.
 */
export * from "#runtime"
export { builtinDrivers, builtinWorkspaces } from "#plugins"
export { loadRegistry, registryOf, type Registry, type RegistryOfFleet } from "#plugins/loader/registry.ts"
export { decodeEvent, eventJsonSchema, eventSchema, type DecodedEvent } from "#runtime/engine/event-schema.ts"
export * from "#runtime/trust/index.ts"
export { loadIr, type LoadedIr } from "#runtime/load-ir.ts"
