/** Agents work in one directory that is there already: `path`, relative to the fleet file; without it, the one the fleet file is in. */
import { stat } from "node:fs/promises"
import { resolve } from "node:path"
import { defineWorkspace, failure, optionalFields, textField, type WorkspaceSite } from "#sdk"

type Config = { readonly path: string }

const directoryAt = async ({ root, config }: WorkspaceSite<Partial<Config>>): Promise<string> => {
  const path = resolve(root, config.path ?? ".")
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => error)
  if (found instanceof Error) {
    throw failure(
      "workspace_error",
      found.code === "ENOENT" ? `there is no directory ${path}: create it, or change \`path\`` : `${path} cannot be used: ${found.message}`,
    )
  }
  if (!found.isDirectory()) throw failure("workspace_error", `${path} is not a directory`)
  return path
}

export const directory = defineWorkspace({
  isolated: false,
  config: optionalFields<Config>({ path: textField }),
  check: async (site) => void (await directoryAt(site)),
  acquire: async (request) => ({ path: await directoryAt(request), snapshot: async () => undefined, diff: async () => "", release: async () => ({}) }),
})
