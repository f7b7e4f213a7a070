/**
 * Builds dist/: the command line with all that it needs, as scripts, because those start fastest (`load-build.cjs`); the library with its
 * dependencies left outside, because a program must not get a second copy of effect; and the declarations. Runs after `npm ci` too (`prepare`):
 * without the development dependencies there is nothing to build with, and the source runs as it is.
 */
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { rm, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))

const commandLine = { fleetwright: "cli/main.ts" }
const library = {
  index: "library/index.ts",
  compiler: "compiler/index.ts",
  ir: "library/ir.ts",
  runtime: "library/runtime.ts",
  plugin: "plugins/sdk/author.ts",
  testing: "library/testing.ts",
  // what the thread of a plugin runs
  thread: "plugins/loader/thread/main.ts",
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

const bundle = (input, folder, external, { format, extension }) =>
  rolldown.build({
    cwd: root,
    input,
    platform: "node",
    logLevel: "warn",
    treeshake: { moduleSideEffects: false },
    // what scripts have none of: the build is loaded by bin.cjs, and no bundler's environment is behind it
    transform: { define: { "import.meta.main": "false", "import.meta.env": "undefined" } },
    external,
    output: { dir: join(root, folder), format, minify: true, entryFileNames: `[name].${extension}`, chunkFileNames: `[name]-[hash].${extension}` },
  })

/** The declarations name the rooms as the source does, so they get a package.json with `imports` of their own: the nearest one counts. */
const declared = () =>
  Object.fromEntries(
    Object.entries(manifest.imports).map(([name, file]) => (name.endsWith("/*") ? [`${name}.ts`, `${file}.d.ts`] : [name, file.replace(/\.ts$/, ".d.ts")])),
  )

const declare = async () => {
  execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", join(root, "tsconfig.types.json")], { stdio: "inherit" })
  await writeFile(join(root, "dist/types/package.json"), `${JSON.stringify({ type: "module", imports: declared() }, null, 2)}\n`)
}

if (rolldown !== undefined) {
  await rm(join(root, "dist"), { recursive: true, force: true })
  const patterns = (names) => Object.keys(names).map((name) => new RegExp(`^${name}(/|$)`))
  // what may be missing is looked for when it is needed
  const outside = [/^node:/, ...patterns(manifest.optionalDependencies)]
  await bundle(commandLine, "dist", outside, { format: "cjs", extension: "cjs" })
  await bundle(library, "dist/lib", [...outside, ...patterns(manifest.dependencies), ...patterns(manifest.peerDependencies)], {
    format: "esm",
    extension: "mjs",
  })
  await declare()
}
