/** Every place where a compiled fleet names a plugin, and the kind it needs there. */
import type { Action, Ir, PluginUse } from "#ir"
import type { PluginKind } from "#sdk"

export interface Use {
  readonly kind: PluginKind
  readonly use: PluginUse
  /** For messages: `session "lead"`, `rule r2`, `the fleet`. */
  readonly where: string
}

export const usesOf = (ir: Ir): ReadonlyArray<Use> => [
  ...ir.policies.map((use): Use => ({ kind: "policy", use, where: "the fleet" })),
  ...ir.sinks.map((use): Use => ({ kind: "sink", use, where: "the fleet" })),
  ...(ir.mode.use === "static" ? [] : [{ kind: "routing", use: ir.mode, where: "the fleet's mode" } as const]),
  ...ir.sessions.flatMap(({ id, driver, workspace, policies }): ReadonlyArray<Use> => {
    const where = `session "${id}"`
    return [
      { kind: "driver", use: driver, where },
      { kind: "workspace", use: workspace, where },
      ...policies.map((use): Use => ({ kind: "policy", use, where })),
    ]
  }),
  ...ir.rules.flatMap(({ id, cases, within }) =>
    [...cases.map(({ action }) => action), ...(within === undefined ? [] : [within.otherwise])]
      .flatMap(usesIn)
      .map((use): Use => ({ kind: "routing", use, where: `rule ${id}` })),
  ),
]

const usesIn = (action: Action): ReadonlyArray<PluginUse> => {
  switch (action.kind) {
    case "use":
      return [action.plugin]
    case "sequence":
      return action.actions.flatMap(usesIn)
    case "for":
      return usesIn(action.send)
    case "send":
    case "retry":
      return action.max?.then === undefined ? [] : usesIn(action.max.then)
    default:
      return []
  }
}
