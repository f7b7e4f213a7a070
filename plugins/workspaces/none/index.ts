/** Agents work in the directory of the fleet file; nothing is set up, kept or given back. */
import type { WorkspaceProvider } from "#sdk"

export const none: WorkspaceProvider = {
  isolated: false,
  acquire: async ({ root }) => ({ path: root, snapshot: async () => undefined, diff: async () => "", release: async () => ({}) }),
}
