/** Policies that contradict each other or the permission mode: whichever was meant, the other one does not hold. */
import { diagnose, type Diagnostic, type Span } from "../diagnostics/index.ts"
import type { FleetDocument, PluginUse } from "../document/index.ts"
import { plainValue } from "../routes/schema-type.ts"
import type { YamlNode } from "../source/index.ts"
import { maxValueParts } from "./parse-fleet.ts"

export const policyConflicts = (document: FleetDocument): ReadonlyArray<Diagnostic> => {
  const lists = [document.policies, ...document.sessions.flatMap(({ settings }) => (settings.policies === undefined ? [] : [settings.policies]))]
  return [...[...new Set(lists)].flatMap((uses) => [...twice(uses), ...uses.flatMap(allowedAndDenied)]), ...readOnlyBypass(document)]
}

/** One list, one pack, two configurations. */
const twice = (uses: ReadonlyArray<PluginUse>): ReadonlyArray<Diagnostic> => {
  const first = new Map<string, PluginUse>()
  return uses.flatMap((use) => {
    const before = first.get(use.use.value)
    if (before === undefined) first.set(use.use.value, use)
    if (before === undefined || configOf(before) === configOf(use)) return []
    return [conflict(use.use.span, `the policy pack "${use.use.value}" stands here twice with different settings`, before.use.span, "it stands here first")]
  })
}

const configOf = (use: PluginUse): string => JSON.stringify(use.with === undefined ? {} : (plainValue(use.with, maxValueParts) ?? {}))

/** A deny is final, so what is allowed beside it never is. */
const allowedAndDenied = ({ use, with: given }: PluginUse): ReadonlyArray<Diagnostic> => {
  const list = (name: string): ReadonlyArray<YamlNode> => {
    const value = given?.entries.find((entry) => entry.name === name)?.value
    return value?.kind === "list" ? value.items : []
  }
  const denied = new Map(list("deny").flatMap((item) => (item.kind === "scalar" ? [[item.text, item.span] as const] : [])))
  return list("allow").flatMap((item) => {
    const other = item.kind === "scalar" ? denied.get(item.text) : undefined
    return item.kind !== "scalar" || other === undefined
      ? []
      : [conflict(item.span, `"${item.text}" is both allowed and denied by "${use.value}"`, other, "it is denied here, and a deny is final")]
  })
}

/** `bypass` tells the agent not to ask, and a pack that allows reading only lives by being asked. */
const readOnlyBypass = (document: FleetDocument): ReadonlyArray<Diagnostic> => {
  const told = new Map<object, Diagnostic>()
  for (const { settings } of document.sessions) {
    const permissions = settings.permissions ?? document.permissions
    const pack = [...document.policies, ...(settings.policies ?? [])].find(({ use }) => use.value === "read-only")
    if (permissions.value !== "bypass" || pack === undefined || told.has(permissions)) continue
    told.set(
      permissions,
      conflict(
        permissions.span,
        '"bypass" lets the agent do everything unasked, and the policy pack "read-only" lets it change nothing',
        pack.use.span,
        "the policy pack stands here",
      ),
    )
  }
  return [...told.values()]
}

const conflict = (span: Span, problem: string, other: Span, message: string): Diagnostic =>
  diagnose("policy-conflict", span, { problem }, { related: [{ span: other, message }], help: "keep one of the two" })
