/** `fleetwright/runtime`: runs IR. Loads nothing of the compiler. */
export * from "#runtime"
export { builtinDrivers, builtinWorkspaces } from "#plugins"
export { decodeEvent, eventJsonSchema, eventSchema, type DecodedEvent } from "#runtime/engine/event-schema.ts"
export { loadIr, type LoadedIr } from "#runtime/load-ir.ts"
