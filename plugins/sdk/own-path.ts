import { realpathSync } from "node:fs"
import { delimiter, isAbsolute, join, relative, sep } from "node:path"

const real = (path: string): string => {
  try {
    return realpathSync(path)
  } catch {
    // It is not there, or may not be looked at: then it counts as it is written.
    return path
  }
}

/** Deno may withhold it; then nobody can be said to write there. */
const workingDirectory = (): ReadonlyArray<string> => {
  try {
    return [process.cwd()]
  } catch {
    return []
  }
}

const isWithin = (place: string, path: string): boolean => {
  const way = relative(place, path)
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way))
}

/**
 * The `PATH` by which fleetwright looks for the programs it starts for itself (git, bwrap, find): without relative folders, those of installed packages
 * (`node_modules/.bin`, which npm puts in front), and those in `writable` or in the directory that this process works in. An agent may write there, and
 * a program that it left there would run outside of what confines it.
 */
export const ownPath = (path: string | undefined, writable: ReadonlyArray<string> = []): string => {
  // worktrees are in the repository that they belong to
  const places = [...workingDirectory(), ...writable.flatMap((place) => [place, place.split(`${sep}.fleetwright${sep}`)[0] ?? place])]
    .map(real)
    .filter((place) => place !== sep)
  const folders = (path ?? "/usr/bin:/bin").split(delimiter).filter((folder) => {
    if (!isAbsolute(folder)) return false
    const there = real(folder)
    return ![folder, there].some((one) => one.split(sep).includes("node_modules") || places.some((place) => isWithin(place, one)))
  })
  // an empty one means the present directory
  return folders.length === 0 ? join(sep, "usr", "bin") : folders.join(delimiter)
}
