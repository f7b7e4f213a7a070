/**
 * `cedar`: policies in the Cedar language, judged by its own engine. Whatever no policy permits is denied, as Cedar has it, at the boundaries that the
 * configuration names. A `permit` that names the tool is `allow`; one about just anything leaves the rest to the permission mode.
 */
import type { EntityJson, TypeAndId } from "@cedar-policy/cedar-wasm/nodejs"
import { definePolicy, type PolicyDecision } from "#sdk"
import { config, seen, type CedarConfig } from "./config.ts"
import { cedar } from "./engine.ts"
import { requestsOf, type CedarRequest } from "./requests.ts"

interface Verdict {
  readonly permitted: boolean
  /** Denied because nothing permits it, not because something forbids it. */
  readonly unspoken?: boolean
  readonly asks: boolean
  readonly names: boolean
  readonly reasons: ReadonlyArray<string>
}

const denied = (...reasons: ReadonlyArray<string>): Verdict => ({ permitted: false, asks: false, names: false, reasons })

const judge = ({ principal, action, resource, context }: CedarRequest, { key, entities, policies }: CedarConfig): Verdict => {
  const answer = cedar().statefulIsAuthorized({
    principal,
    action,
    resource,
    context,
    preparsedSchemaName: key,
    preparsedPolicySetId: key,
    validateRequest: true,
    entities: withInstances([principal, resource], entities),
  })
  // Cedar's own words may quote what is to be hidden
  if (answer.type === "failure") return denied("the schema has no such request")
  const { decision, diagnostics } = answer.response
  const notes = (ids: ReadonlyArray<string>) => ids.flatMap((id) => policies.get(id) ?? [])
  // Cedar passes over a policy that fails, which might have been a forbid
  if (diagnostics.errors.length > 0)
    return denied(
      ...diagnostics.errors.map(({ policyId }) => `${policyId.replace(/^policy(\d+)$/, (_, at) => `policy ${Number(at) + 1}`)} could not be evaluated`),
    )
  const found = notes(diagnostics.reason)
  const reasons = found.map(({ told }) => told)
  if (decision !== "allow") return diagnostics.reason.length === 0 ? { ...denied("no policy permits it"), unspoken: true } : denied(...reasons)
  return { permitted: true, asks: found.some(({ asks }) => asks), names: found.some(({ namesTool }) => namesTool), reasons }
}

/** `worker[2]` is in `worker`, and has what is said of that. */
const withInstances = (asked: ReadonlyArray<TypeAndId>, entities: ReadonlyArray<EntityJson>): Array<EntityJson> => {
  const has = (uid: TypeAndId): EntityJson | undefined => entities.find((one) => "type" in one.uid && one.uid.type === uid.type && one.uid.id === uid.id)
  const instances = asked.filter(
    (uid, at) =>
      uid.type === "Session" &&
      /\[\d+\]$/.test(uid.id) &&
      has(uid) === undefined &&
      asked.findIndex(({ type, id }) => type === uid.type && id === uid.id) === at,
  )
  return [
    ...entities,
    ...instances.map((uid): EntityJson => {
      const declared = { type: uid.type, id: uid.id.slice(0, uid.id.lastIndexOf("[")) }
      const of = has(declared)
      return { uid, attrs: of?.attrs ?? {}, parents: [declared, ...(of?.parents ?? [])] }
    }),
  ]
}

export const cedarPack = definePolicy({
  config,
  boundaries: seen,
  decide: (boundary, payload, { config: given, ...about }): PolicyDecision | undefined => {
    if (!given.boundaries.has(boundary)) return undefined
    const asked = requestsOf(boundary, payload, about)
    if (asked === undefined) return { effect: "deny", reasons: ["it has too many parts to be judged"] }
    const verdicts = asked.requests.flatMap((request) => {
      const verdict = judge(request, given)
      return request.behind === true && verdict.unspoken === true ? [] : [verdict]
    })
    const reasonsOf = (list: ReadonlyArray<Verdict>): ReadonlyArray<string> => [...new Set(list.flatMap(({ reasons }) => reasons))]
    const refused = verdicts.filter(({ permitted }) => !permitted)
    if (refused.length > 0) return { effect: "deny", reasons: reasonsOf(refused) }
    const asking = verdicts.filter(({ asks }) => asks)
    if (asking.length > 0) return { effect: "ask", reasons: reasonsOf(asking) }
    return boundary === "tool" && asked.sure && verdicts.every(({ names }) => names) ? { effect: "allow", reasons: reasonsOf(verdicts) } : undefined
  },
})
