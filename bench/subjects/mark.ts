/** Programs that make a mark when they begin, and whoever waits for it. */
import { watch } from "node:fs"
import { basename, dirname } from "node:path"

/** A shell's one line that makes the file. */
export const marking = (file: string): readonly [string, string, string] => ["sh", "-c", `: > ${file}`]

/** Gives 1 once the file is there. Whoever starts the program starts it after this was called. */
export const marked = (file: string): Promise<number> =>
  new Promise((resolve) => {
    const watcher = watch(dirname(file), (_, name) => {
      if (name !== basename(file)) return
      watcher.close()
      resolve(1)
    })
  })
