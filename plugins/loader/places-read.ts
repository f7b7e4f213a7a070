/** What loading a plugin reads, for those who have to permit it. */
import { dirname, sep } from "node:path"
import { filesOf } from "./module-files.ts"
import { locate } from "./locate.ts"

const folderOfPackages = (path: string): string | undefined => {
  const packages = path.indexOf(`${sep}node_modules${sep}`)
  return packages < 0 ? undefined : path.slice(0, packages + `${sep}node_modules`.length)
}

/**
 * Absolute paths, links followed: the plugin's own files; for a package, and for those that a plugin needs, the folder of packages that it is in.
 * Nothing where it cannot be found: loading says so. `directory` is the fleet file's.
 */
export const placesRead = async (from: string, directory: string): Promise<ReadonlyArray<string>> => {
  const located = locate(from, directory)
  if (!located.ok) return []
  const packages = folderOfPackages(located.path)
  if (packages !== undefined) return [packages]
  const files = await filesOf(located.path)
  return files.ok ? [...files.hashes.keys(), ...new Set(files.packages.map(({ folder }) => folderOfPackages(folder) ?? dirname(folder)))] : []
}
