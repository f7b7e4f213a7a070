import { lstatSync, readlinkSync, realpathSync } from "node:fs"
import { basename, dirname, join, resolve } from "node:path"

/** As many as Linux follows. */
const mostLinks = 40
/** Linux opens no longer path (PATH_MAX), so that nothing is behind one. */
const longestPath = 4096

/**
 * An absolute path with the links in it followed, as far as it exists: what is to be made may not escape through a link above it, nor through
 * one that leads to what is not there yet. Links in a circle are left as they are: nothing can be opened there.
 */
export const resolvedPath = (path: string): string => (path.length > longestPath ? path : follow(path, mostLinks))

const follow = (path: string, links: number): string => {
  try {
    return realpathSync(path)
  } catch {
    const parent = dirname(path)
    if (parent === path) return path
    const target = links > 0 ? linkAt(path) : undefined
    return target === undefined ? join(follow(parent, links), basename(path)) : follow(resolve(follow(parent, links), target), links - 1)
  }
}

/** Where a link leads, as it says; undefined for what is no link. */
const linkAt = (path: string): string | undefined => {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined
  } catch {
    return undefined
  }
}
