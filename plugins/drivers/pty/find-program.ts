import { accessSync, constants, statSync } from "node:fs"
import { delimiter, isAbsolute, join, resolve } from "node:path"

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/** The program as the system would find it; a terminal tells of one that is not there only by what it shows. */
export const findProgram = (name: string, { directory, path }: { readonly directory: string; readonly path: string }): string | undefined => {
  const places = name.includes("/")
    ? [isAbsolute(name) ? name : resolve(directory, name)]
    : path
        .split(delimiter)
        .filter((each) => each !== "")
        .map((each) => join(each, name))
  return places.find(isProgram)
}
