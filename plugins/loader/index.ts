export { loadPlugin, type LoadedPlugin, type LoadOptions } from "./load-plugin.ts"
export { manifestOf } from "./manifest.ts"
export { loadRegistry, registryOf, type Registry, type RegistryOfFleet } from "./registry.ts"
export { builtinManifests } from "./builtin-manifests.ts"
