import { realpathSync } from "node:fs"
import { basename, dirname, join } from "node:path"

/** An absolute path with the links in it followed, as far as it exists: what is to be made may not escape through a link above it either. */
export const resolvedPath = (path: string): string => {
  const parent = dirname(path)
  try {
    return realpathSync(path)
  } catch {
    return parent === path ? path : join(resolvedPath(parent), basename(path))
  }
}
