/** For `node --import`: what installed plugins import as a package is the source of this repository. */
import { registerHooks } from "node:module"

const source = {
  fleetwright: "../../library/index.ts",
  "fleetwright/plugin": "../../plugins/sdk/author.ts",
  "fleetwright/testing": "../../library/testing.ts",
}

registerHooks({
  resolve: (specifier, context, next) =>
    Object.hasOwn(source, specifier) ? { url: new URL(source[specifier], import.meta.url).href, shortCircuit: true } : next(specifier, context),
})
