import type { SourceText } from "./model.ts"

/** Reads the files a fleet names (paths as written, relative to the fleet file's folder) and remembers which were read. */
export class FileReader {
  readonly #open: (path: string) => string | undefined
  readonly #read = new Map<string, string>()

  constructor(open: (path: string) => string | undefined) {
    this.#open = open
  }

  read(path: string): string | undefined {
    const known = this.#read.get(path)
    if (known !== undefined) return known
    const text = this.#open(path)
    if (text !== undefined) this.#read.set(path, text)
    return text
  }

  /** Sorted by path. */
  get files(): ReadonlyArray<SourceText> {
    return [...this.#read].map(([path, text]) => ({ path, text })).sort((a, b) => (a.path < b.path ? -1 : 1))
  }
}
