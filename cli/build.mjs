/**
 * Bundles what the command line and the library need into dist/. Runs after `npm ci` too (`prepare`): without the development
 * dependencies there is nothing to bundle with, and the source runs as it is.
 */
import { existsSync } from "node:fs"
import { rm } from "node:fs/promises"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = dirname(dirname(fileURLToPath(import.meta.url)))

const entries = {
  fleetwright: "cli/main.ts",
  compiler: "compiler/index.ts",
  runtime: "runtime/index.ts",
  plugin: "plugins/sdk/index.ts",
  plugins: "plugins/index.ts",
}

const load = async () => {
  try {
    return await import("rolldown")
  } catch (error) {
    if (error.code === "ERR_MODULE_NOT_FOUND") return undefined
    throw error
  }
}

const rolldown = await load()
if (rolldown !== undefined) {
  const input = Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, join(root, file)]).filter(([, file]) => existsSync(file)))
  await rm(join(root, "dist"), { recursive: true, force: true })
  await rolldown.build({
    cwd: root,
    input,
    platform: "node",
    logLevel: "warn",
    treeshake: { moduleSideEffects: false },
    external: [/^node:/],
    output: { dir: join(root, "dist"), format: "esm", minify: true, entryFileNames: "[name].mjs", chunkFileNames: "[name]-[hash].mjs" },
  })
}
