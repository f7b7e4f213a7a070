/** Agents work in one directory that is there already: `path`, relative to the fleet file. */
import { stat } from "node:fs/promises"
import { resolve } from "node:path"
import { defineWorkspace, failure, singleField, textField, type WorkspaceSite } from "#sdk"

const directoryAt = async ({ root, config }: WorkspaceSite<string>): Promise<string> => {
  const path = resolve(root, config)
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => error)
  if (found instanceof Error) {
    throw failure("workspace_error", found.code === "ENOENT" ? `there is no directory ${path}: create it, or change \`path\`` : `${path} cannot be used: ${found.message}`)
  }
  if (!found.isDirectory()) throw failure("workspace_error", `${path} is not a directory`)
  return path
}

export const directory = defineWorkspace({
  isolated: false,
  config: singleField("path", textField),
  check: async (site) => void (await directoryAt(site)),
  acquire: async (request) => ({ path: await directoryAt(request), snapshot: async () => undefined, diff: async () => "", release: async () => ({}) }),
})
