/** The configuration of `cedar`, parsed and validated by Cedar when the fleet is compiled. */
import type { DetailedError, EntityJson, PolicyJson } from "@cedar-policy/cedar-wasm/nodejs"
import { boundaries as allBoundaries, type Boundary, type ConfigIssue, type ConfigSchema } from "#sdk"
import { cedar, type Cedar } from "./engine.ts"
import { defaultSchema } from "./schema.ts"

export interface PolicyNotes {
  /** Told to people: its `@reason`, else its `@id`, else its number. */
  readonly told: string
  /** `@effect("ask")`: who is permitted by it is asked about all the same. */
  readonly asks: boolean
  /** It is about a tool, or a group of tools, and not about just anything. */
  readonly namesTool: boolean
}

export interface CedarConfig {
  /** Under which Cedar keeps the parsed policies and schema. */
  readonly key: string
  readonly entities: ReadonlyArray<EntityJson>
  readonly boundaries: ReadonlySet<Boundary>
  readonly policies: ReadonlyMap<string, PolicyNotes>
}

/** Everything but `output`: Cedar hides nothing, and text that is looked at reaches nobody before the turn ends. */
export const seen: ReadonlyArray<Boundary> = allBoundaries.filter((boundary) => boundary !== "output")

const keys = ["policies", "entities", "schema", "boundaries"]

class Wrong extends Error {
  readonly issue: ConfigIssue
  constructor(path: ConfigIssue["path"], message: string) {
    super(message)
    this.issue = { path, message }
  }
}

/** The texts of one configuration are parsed once, however often it is asked about. */
const read = new WeakMap<object, CedarConfig>()
let count = 0

const decode = (value: unknown): CedarConfig => {
  if (!isObject(value)) throw new Wrong([], "expected a record with `policies`")
  const known = read.get(value)
  if (known !== undefined) return known
  for (const key of Object.keys(value)) if (!keys.includes(key)) throw new Wrong([key], `unknown key; expected one of ${keys.join(", ")}`)
  const { policies, schema = defaultSchema, boundaries = ["tool"] } = value
  if (typeof policies !== "string" || policies.trim() === "")
    throw new Wrong(["policies"], "expected Cedar policies, or the path of a file with them that begins with ./")
  if (typeof schema !== "string") throw new Wrong(["schema"], "expected a Cedar schema, or the path of a file with one that begins with ./")
  const asked = readBoundaries(boundaries)
  const engine = loadEngine()
  checkAnswer(["schema"], schema, engine.checkParseSchema(schema))
  const notes = readPolicies(engine, policies, schema)
  const entities = readEntities(engine, value["entities"], schema)
  const key = `fleet${++count}`
  checkAnswer(["schema"], schema, engine.preparseSchema(key, schema))
  checkAnswer(["policies"], policies, engine.preparsePolicySet(key, { staticPolicies: policies }))
  const config: CedarConfig = { key, entities, boundaries: asked, policies: notes }
  read.set(value, config)
  return config
}

const isObject = (value: unknown): value is { readonly [key: string]: unknown } => typeof value === "object" && value !== null && !Array.isArray(value)

const loadEngine = (): Cedar => {
  try {
    return cedar()
  } catch (error) {
    throw new Wrong([], error instanceof Error ? error.message : String(error))
  }
}

const readBoundaries = (value: unknown): ReadonlySet<Boundary> => {
  const list = Array.isArray(value) ? seen.filter((one) => value.includes(one)) : []
  if (!Array.isArray(value) || list.length === 0 || list.length < new Set(value).size) throw new Wrong(["boundaries"], `expected a list of ${seen.join(", ")}`)
  return new Set(list)
}

const readPolicies = (engine: Cedar, text: string, schema: string): ReadonlyMap<string, PolicyNotes> => {
  const parts = engine.policySetTextToParts(text)
  if (parts.type === "failure") throw wrong(["policies"], text, parts.errors)
  if (parts.policy_templates.length > 0) throw new Wrong(["policies"], "a template has nobody to link it here; write policies without slots")
  if (parts.policies.length === 0) throw new Wrong(["policies"], "there is no policy in it, so nothing would be permitted")
  // Cedar numbers policies as they stand, and gives them in the order of their ids as texts
  const ids = parts.policies.map((_, at) => `policy${at}`).sort()
  const notes = parts.policies.map((part, at) => [ids[at] ?? "", notesOf(engine, part, ids[at] ?? "")] as const)
  const answer = engine.validate({ schema, policies: { staticPolicies: text } })
  if (answer.type === "failure") throw wrong(["policies"], text, answer.errors)
  const found = [...answer.validationErrors, ...answer.validationWarnings].map(({ error }) => error)
  if (found.length > 0) throw wrong(["policies"], text, found)
  return new Map(notes)
}

const notesOf = (engine: Cedar, part: string, id: string): PolicyNotes => {
  const answer = engine.policyToJson(part)
  if (answer.type === "failure") throw wrong(["policies"], part, answer.errors)
  const { effect, annotations = {}, resource } = answer.json
  const name = annotations["id"] ?? `policy ${Number(id.slice("policy".length)) + 1}`
  const wanted = annotations["effect"]
  if (wanted !== undefined && (wanted !== "ask" || effect !== "permit")) throw new Wrong(["policies"], `${name}: the only @effect is "ask", on a permit`)
  return { told: annotations["reason"] ?? `${name} ${effect}s it`, asks: wanted === "ask", namesTool: namesTool(resource) }
}

const namesTool = (resource: PolicyJson["resource"]): boolean => resource.op === "==" || resource.op === "in"

const readEntities = (engine: Cedar, value: unknown, schema: string): ReadonlyArray<EntityJson> => {
  if (value === undefined) return []
  const list: unknown = typeof value === "string" ? parsed(value) : value
  const entities = Array.isArray(list) ? list.map(entityOf) : []
  if (!Array.isArray(list) || entities.includes(undefined))
    throw new Wrong(["entities"], "expected a list of { uid: { type, id }, attrs, parents }, or the path of a JSON file with one that begins with ./")
  const whole = entities.filter((one) => one !== undefined)
  checkAnswer(["entities"], "", engine.checkParseEntities({ entities: whole, schema }))
  return whole
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    throw new Wrong(["entities"], "this is not JSON")
  }
}

/** `attrs` and `parents` may be left out. */
const entityOf = (value: unknown): EntityJson | undefined => {
  if (!isObject(value) || !isObject(value["uid"])) return undefined
  const { uid, attrs = {}, parents = [], tags } = value
  return isJsonRecord(attrs) && Array.isArray(parents) && isUid(uid) && parents.every(isUid)
    ? { uid, attrs, parents, ...(isJsonRecord(tags) ? { tags } : {}) }
    : undefined
}

const isUid = (value: unknown): value is { readonly type: string; readonly id: string } =>
  isObject(value) && typeof value["type"] === "string" && typeof value["id"] === "string"
const isJsonRecord = (value: unknown): value is EntityJson["attrs"] => isObject(value)

type Answer = { readonly type: "success" } | { readonly type: "failure"; readonly errors: ReadonlyArray<DetailedError> }

const checkAnswer = (path: ConfigIssue["path"], text: string, answer: Answer): void => {
  if (answer.type === "failure") throw wrong(path, text, answer.errors)
}

const wrong = (path: ConfigIssue["path"], text: string, errors: ReadonlyArray<DetailedError>): Wrong =>
  new Wrong(
    path,
    errors
      .slice(0, 5)
      .map((error) => tell(text, error))
      .join("; "),
  )

const tell = (text: string, { message, help, sourceLocations }: DetailedError): string => {
  const [place] = sourceLocations ?? []
  const line = place === undefined || text === "" ? "" : `line ${Buffer.from(text).subarray(0, place.start).toString("utf8").split("\n").length}: `
  const plain = message.replace(/^for policy `policy\d+`, /, "").replace(/^failed to parse (?:policies|schema) from string: /, "")
  return `${line}${plain}${place?.label ? `, ${place.label}` : ""}${help === null ? "" : ` (${help})`}`
}

export const config: ConfigSchema<CedarConfig> = {
  keys,
  files: ["policies", "entities", "schema"],
  jsonSchema: {
    type: "object",
    additionalProperties: false,
    required: ["policies"],
    properties: {
      policies: { type: "string" },
      entities: { oneOf: [{ type: "string" }, { type: "array", items: { type: "object" } }] },
      schema: { type: "string" },
      boundaries: { type: "array", items: { enum: seen }, minItems: 1 },
    },
  },
  decode: (value) => {
    try {
      return { ok: true, value: decode(value) }
    } catch (error) {
      if (error instanceof Wrong) return { ok: false, issues: [error.issue] }
      throw error
    }
  },
}
