/** Agents work in one directory that is there already: `path`, relative to the fleet file. */
import { stat } from "node:fs/promises"
import { resolve } from "node:path"
import { defineWorkspace, failure, singleField, textField, type WorkspaceRequest } from "#sdk"

export const directory = defineWorkspace({
  isolated: false,
  config: singleField("path", textField),
  acquire: async ({ root, config }: WorkspaceRequest<string>) => {
    const path = resolve(root, config)
    const found = await stat(path).catch(() => undefined)
    if (found === undefined) throw failure("workspace_error", `there is no directory ${path}: create it, or change \`path\``)
    if (!found.isDirectory()) throw failure("workspace_error", `${path} is not a directory`)
    return { path, snapshot: async () => undefined, diff: async () => "", release: async () => ({}) }
  },
})
