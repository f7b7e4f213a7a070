/** `fleetwright/testing`: fleets without agents and without waiting. */
export { makeMemoryJournal, layerMemory, runVirtual, type JournalShape } from "#runtime"
export { makeScripted, readScript, type Script, type ScriptResult } from "#plugins"
export { simulate, type SimulateOptions, type Simulation } from "./simulate.ts"
