/** Sessions that bypass permissions belong into a workspace of their own. */
import { diagnose, type Diagnostic } from "../diagnostics/index.ts"
import type { FleetDocument } from "../document/index.ts"
import { isolatedWorkspaces } from "./builtin-plugins.ts"

/** Told once where the permission is written, however many sessions it holds for. */
export const bypassWithoutIsolation = (document: FleetDocument): ReadonlyArray<Diagnostic> => {
  // a plugin that nobody loaded has not said whether its workspace is isolated
  const own = new Map(
    document.plugins.flatMap(({ manifest }) => (manifest?.kinds.workspace === undefined ? [] : [[manifest.name, manifest.kinds.workspace.isolated] as const])),
  )
  const told = new Map<object, { readonly who: Array<string>; readonly workspace: string; readonly related: Diagnostic["related"] }>()
  for (const { id, settings } of document.sessions) {
    const permissions = settings.permissions ?? document.permissions
    const workspace = settings.workspace ?? document.workspace
    if (permissions.value !== "bypass" || (own.get(workspace.use.value) ?? isolatedWorkspaces[workspace.use.value]) !== false) continue
    const before = told.get(permissions)
    if (before === undefined)
      told.set(permissions, {
        who: [id.value],
        workspace: workspace.use.value,
        related: [{ span: workspace.use.span, message: "its workspace is chosen here" }],
      })
    else before.who.push(id.value)
  }
  return [...told].map(([at, { who, workspace, related }]) => {
    const { span } = at as FleetDocument["permissions"]
    const session = `${who
      .slice(0, 3)
      .map((name) => `"${name}"`)
      .join(", ")}${who.length > 3 ? ` and ${who.length - 3} more` : ""}`
    return diagnose(
      "bypass-without-isolation",
      span,
      { session: `${who.length === 1 ? "session" : "sessions"} ${session}`, verb: who.length === 1 ? "bypasses" : "bypass", workspace },
      {
        related,
        help: "give it a workspace of its own (workspace: git-worktree), or let it ask (permissions: ask)",
      },
    )
  })
}
