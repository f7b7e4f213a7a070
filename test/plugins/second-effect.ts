/** A second copy of effect, as a plugin has that was installed elsewhere. */
import { cpSync, mkdirSync, mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import type * as Schema from "effect/Schema"

const installed = fileURLToPath(new URL("../../node_modules/effect/", import.meta.url))

/** A folder with `node_modules/effect` of its own. */
export const folderWithEffect = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "second-effect-"))
  const target = join(folder, "node_modules/effect")
  mkdirSync(target, { recursive: true })
  cpSync(join(installed, "package.json"), join(target, "package.json"))
  cpSync(join(installed, "dist"), join(target, "dist"), { recursive: true, filter: (path) => !/\.(?:map|d\.ts)$/.test(path) })
  return folder
}

export const secondSchema = async (folder: string): Promise<typeof Schema> =>
  import(/* @vite-ignore */ pathToFileURL(join(folder, "node_modules/effect/dist/Schema.js")).href)
