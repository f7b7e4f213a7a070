import { statSync } from "node:fs"
import { delimiter, join, resolve } from "node:path"

const isProgram = (path: string): boolean => {
  try {
    // not `access`, for which Deno has to tell who the user is
    const file = statSync(path)
    return file.isFile() && (process.platform === "win32" || (file.mode & 0o111) !== 0)
  } catch {
    return false
  }
}

/** The file that `name` starts in a directory, with a `PATH`: as the system would find it. Undefined: there is none. */
export const findProgram = (name: string, { directory, path }: { readonly directory: string; readonly path: string }): string | undefined => {
  const places = name.includes("/")
    ? [resolve(directory, name)]
    : path
        .split(delimiter)
        .filter((each) => each !== "")
        .map((each) => join(resolve(directory, each), name))
  return places.find(isProgram)
}
