/** A signed document about a run, taken apart: what it says it is about, and whether a journal says the same. */
import * as JsonPatch from "effect/JsonPatch"
import type { Json } from "#ir"
import { bomOf } from "./bom.ts"
import { inTotoType, isEnvelope, unseal } from "./envelope.ts"
import type { Evidence } from "./evidence.ts"
import type { PublicKey } from "./keys.ts"
import { openJson } from "./signed-json.ts"
import { predicateType, statementOf, type Commits } from "./statement.ts"

type Fields = { readonly [key: string]: Json }

export interface RunDocument {
  readonly kind: "statement" | "bom"
  readonly run: string
  /** The commits it names, by branch. */
  readonly commits: Commits
  readonly version: string
  readonly content: Fields
}

/**
 * `unsigned`: it has no signature of that key. `other`: a signed document that says nothing of a run. `unknown`: it is none of the documents that
 * are signed here.
 */
export type OpenedDocument = { readonly kind: "run"; readonly document: RunDocument } | { readonly kind: "unsigned" | "other" | "unknown" }

/** `value` is what stands in the file: a DSSE envelope or a CycloneDX document. */
export const openDocument = async (value: Json, key: PublicKey): Promise<OpenedDocument> => {
  if (isEnvelope(value)) {
    const payload = await unseal(value, key)
    if (payload === undefined) return { kind: "unsigned" }
    const statement = value.payloadType === inTotoType ? parsed(payload) : undefined
    return isFields(statement) && statement["predicateType"] === predicateType ? about("statement", statement) : { kind: "other" }
  }
  if (!isFields(value) || value["bomFormat"] !== "CycloneDX") return { kind: "unknown" }
  const bom = await openJson(value, key)
  return bom === undefined ? { kind: "unsigned" } : about("bom", bom)
}

const isFields = (value: Json | undefined): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value)
const isList = (value: Json | undefined): value is ReadonlyArray<Json> => Array.isArray(value)

const parsed = (text: string): Json | undefined => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The value at a path of keys and positions. */
const at = (value: Json | undefined, ...path: ReadonlyArray<string | number>): Json | undefined =>
  path.reduce<Json | undefined>((part, key) => (isList(part) ? part[Number(key)] : isFields(part) && Object.hasOwn(part, key) ? part[key] : undefined), value)

const about = (kind: RunDocument["kind"], content: Fields): OpenedDocument => {
  const [run, version, listed] =
    kind === "statement"
      ? [
          at(content, "predicate", "runDetails", "metadata", "invocationId"),
          at(content, "predicate", "runDetails", "builder", "version", "fleetwright"),
          content["subject"],
        ]
      : [at(content, "metadata", "component", "version"), at(content, "metadata", "tools", "components", 0, "version"), content["components"]]
  if (typeof run !== "string" || typeof version !== "string" || !isList(listed)) return { kind: "other" }
  const commits = new Map(listed.flatMap((one) => (kind === "statement" ? subjectCommit(one) : componentCommit(one))))
  return { kind: "run", document: { kind, run, commits, version, content } }
}

const subjectCommit = (subject: Json): ReadonlyArray<readonly [string, string]> => {
  const [name, commit] = [at(subject, "name"), at(subject, "digest", "gitCommit")]
  return typeof name === "string" && name.startsWith("refs/heads/") && typeof commit === "string" ? [[name.slice("refs/heads/".length), commit]] : []
}

const componentCommit = (component: Json): ReadonlyArray<readonly [string, string]> => {
  const [ref, name, commit] = [at(component, "bom-ref"), at(component, "name"), at(component, "version")]
  return typeof name === "string" && ref === `branch:${name}` && typeof commit === "string" ? [[name, commit]] : []
}

/** Where the document says something else than the journal: JSON pointers; none when they agree. Commits that no turn ended with the journal does not know: there the document is believed. */
export const differences = ({ kind, commits, version, content }: RunDocument, evidence: Evidence): ReadonlyArray<string> => {
  const expected = (kind === "statement" ? statementOf : bomOf)(evidence, commits, version)
  return [...new Set(JsonPatch.get(expected, content).map(({ path }) => path || "/"))]
}
