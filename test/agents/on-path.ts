/** A program by the name under which a driver looks for it on PATH. */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Place } from "../../plugins/sdk/testing/index.ts"

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`

/** The variable PATH with a folder before the rest in which `name` starts `argv`, as the suite wants it started. */
export const pathWith = (place: Place, name: string, argv: ReadonlyArray<string>): string => {
  const folder = join(place.home, "bin")
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, name), `#!/bin/sh\nexec ${place.command(argv).map(quoted).join(" ")} "$@"\n`)
  chmodSync(join(folder, name), 0o755)
  return `${folder}:${place.env["PATH"] ?? ""}`
}
