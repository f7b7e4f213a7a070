/** The bytes that a plugin's code is made of: its module, and the modules that it imports by a relative path, and they in turn. */
import { createHash } from "node:crypto"
import { readFile, stat } from "node:fs/promises"
import { dirname, relative, resolve, sep } from "node:path"

const largest = 10_000_000
const mostFiles = 1000

/** Of `import … from "./x"`, `export … from "./x"`, `import "./x"` and `import("./x")`. What a comment or a text says so counts too, when there is such a file. */
const relativeImport = /\b(?:from|import)\s*\(?\s*(["'])(\.{1,2}\/[^"'\n]+)\1/gu

const importsOf = (path: string, bytes: Uint8Array): ReadonlyArray<string> =>
  [...new TextDecoder().decode(bytes).matchAll(relativeImport)].map(([, , name = ""]) => resolve(dirname(path), name.replace(/[?#].*$/u, "")))

const sha256 = (bytes: Uint8Array | string): string => createHash("sha256").update(bytes).digest("hex")

const read = async (path: string): Promise<Uint8Array | string> => {
  try {
    const about = await stat(path)
    if (about.isDirectory()) return "this is a directory; name the file"
    if (about.size > largest) return "it is larger than 10 MB"
    return await readFile(path)
  } catch (error) {
    return `it cannot be read: ${error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error)}`
  }
}

/** The module and all that it imports by relative paths, absolute. A reason when the module cannot be read. */
export const filesOf = async (
  entry: string,
): Promise<{ readonly ok: true; readonly hashes: ReadonlyMap<string, string> } | { readonly ok: false; readonly reason: string }> => {
  const hashes = new Map<string, string>()
  const waiting = [entry]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (hashes.has(path)) continue
    if (hashes.size >= mostFiles) return { ok: false, reason: `it is made of more than ${mostFiles} files` }
    const bytes = await read(path)
    if (typeof bytes === "string") {
      if (path === entry) return { ok: false, reason: bytes }
      // importing it will say so, if it is an import
      continue
    }
    hashes.set(path, sha256(bytes))
    waiting.push(...importsOf(path, bytes))
  }
  return { ok: true, hashes }
}

/**
 * `sha256-<hex>`: of the module's bytes where it stands alone; else of a line for each of its files, with its hash and its path from the module, sorted.
 * Not in it: packages, and modules whose name the code makes up. A reason when the module cannot be read.
 */
export const integrityOf = async (
  entry: string,
): Promise<{ readonly ok: true; readonly integrity: string } | { readonly ok: false; readonly reason: string }> => {
  const files = await filesOf(entry)
  if (!files.ok) return files
  const { hashes } = files
  if (hashes.size === 1) return { ok: true, integrity: `sha256-${hashes.get(entry) ?? ""}` }
  const lines = [...hashes].map(([path, hash]) => `${hash} ${relative(dirname(entry), path).split(sep).join("/")}\n`).sort()
  return { ok: true, integrity: `sha256-${sha256(lines.join(""))}` }
}
