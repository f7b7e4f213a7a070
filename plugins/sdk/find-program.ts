import { statSync } from "node:fs"
import { delimiter, join, resolve } from "node:path"

const isProgram = (path: string): boolean => {
  try {
    // not `access`, for which Deno has to tell who the user is
    const file = statSync(path)
    return file.isFile() && (process.platform === "win32" || (file.mode & 0o111) !== 0)
  } catch (error) {
    // What Deno withholds may be there.
    if (error instanceof Error && error.name === "NotCapable") throw error
    return false
  }
}

interface Where {
  readonly directory: string
  readonly path: string
}

/** Where the system looks for `name`, in its order. */
export const programPlaces = (name: string, { directory, path }: Where): ReadonlyArray<string> =>
  name.includes("/")
    ? [resolve(directory, name)]
    : path
        .split(delimiter)
        .filter((each) => each !== "")
        .map((each) => join(resolve(directory, each), name))

/** The file that `name` starts in a directory, with a `PATH`: as the system would find it. Undefined: there is none. */
export const findProgram = (name: string, where: Where): string | undefined => programPlaces(name, where).find(isProgram)
