/** `fleetwright/runtime`: runs IR. Loads nothing of the compiler. */
export * from "#runtime"
export { builtinDrivers, builtinWorkspaces } from "#plugins"
export { decodeEvent, eventJsonSchema, eventSchema, type DecodedEvent } from "#runtime/engine/event-schema.ts"
