/** Where the code of a plugin's thread is. */
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"

/** In the source; beside the bundle of the command line; in the library's. */
const places = ["./main.ts", "./lib/thread.mjs", "./thread.mjs"]

export const entry = (): URL => {
  const urls = places.map((path) => new URL(path, import.meta.url))
  const found = urls.find((url) => existsSync(fileURLToPath(url)))
  if (found === undefined) throw new Error(`fleetwright is not installed whole: none of ${urls.map((url) => fileURLToPath(url)).join(", ")} is there`)
  return found
}
