/** What loading a plugin reads, for those who have to permit it. */
import { sep } from "node:path"
import { filesOf } from "./module-files.ts"
import { locate } from "./locate.ts"

/**
 * Absolute paths, links followed: the plugin's own files; for a package the folder of packages that it is in, as those that it needs are there too.
 * Nothing where it cannot be found: loading says so. `directory` is the fleet file's.
 */
export const placesRead = async (from: string, directory: string): Promise<ReadonlyArray<string>> => {
  const located = locate(from, directory)
  if (!located.ok) return []
  const packages = located.path.indexOf(`${sep}node_modules${sep}`)
  if (packages >= 0) return [located.path.slice(0, packages + `${sep}node_modules`.length)]
  const files = await filesOf(located.path)
  return files.ok ? [...files.hashes.keys()] : []
}
