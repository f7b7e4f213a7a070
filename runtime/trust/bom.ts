/** A run as a CycloneDX 1.6 document: its agents, their models and plugins, the hashes of what they were told, and what came of it. */
import { createHash } from "node:crypto"
import type { Ir, Json } from "#ir"
import { sha256Hex } from "#ir/hash.ts"
import type { Evidence } from "./evidence.ts"
import { branchesOf, commitsNamed, time, type Commits } from "./statement.ts"

type Fields = { readonly [key: string]: Json }

const properties = (fields: { readonly [name: string]: string | number | undefined }): Json =>
  Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [{ name: `fleetwright:${name}`, value: String(value) }]))
const sha256 = (content: string): Json => [{ alg: "SHA-256", content }]

/** The same evidence gives the same document, its serial number included. `version`: of the fleetwright that writes it. */
export const bomOf = (evidence: Evidence, found: Commits, version: string): Fields => {
  const commits = commitsNamed(evidence, found)
  const { run, ir, journal } = evidence
  const parts = [...agents(ir), ...models(ir), ...plugins(ir), ...told(evidence), ...made(evidence, commits)]
  const refs = new Set(parts.map((part) => part["bom-ref"]))
  const known = (of: ReadonlyArray<string>): ReadonlyArray<string> => [...new Set(of)].filter((ref) => refs.has(ref))
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: `urn:uuid:${uuidOf(`${run} ${journal.head}`)}`,
    version: 1,
    metadata: {
      timestamp: time(evidence.endedAt),
      tools: { components: [{ type: "application", name: "fleetwright", version }] },
      component: {
        type: "application",
        "bom-ref": "run",
        name: ir.fleet.name,
        version: run,
        properties: properties({
          ir: ir.hash,
          compiler: ir.compiler,
          status: evidence.status,
          "journal.head": journal.head,
          "journal.records": journal.records,
        }),
      },
    },
    components: parts,
    dependencies: [
      { ref: "run", dependsOn: known(parts.flatMap((part) => (typeof part["bom-ref"] === "string" ? [part["bom-ref"]] : []))) },
      ...ir.sessions.map(({ id, driver, model, workspace, policies }) => ({
        ref: `agent:${id}`,
        dependsOn: known([
          `plugin:${driver.use}`,
          `plugin:${workspace.use}`,
          `model:${model ?? ""}`,
          ...[...ir.policies, ...policies].map(({ use }) => `plugin:${use}`),
          `system-prompt:${id}`,
          ...evidence.prompts.filter(({ session }) => session === id || session.startsWith(`${id}[`)).map(promptRef),
        ]),
      })),
    ],
  }
}

const agents = (ir: Ir): ReadonlyArray<Fields> =>
  ir.sessions.map(({ id, role, driver, permissions, workspace }) => {
    const target = typeof driver.with === "object" && driver.with !== null && "target" in driver.with ? driver.with["target"] : undefined
    const version = ir.plugins.find(({ name }) => name === driver.use)?.version
    return {
      type: "application",
      "bom-ref": `agent:${id}`,
      name: id,
      ...(role === undefined ? {} : { description: role }),
      properties: properties({
        driver: driver.use,
        "driver.version": version,
        target: typeof target === "string" ? target : undefined,
        permissions,
        workspace: workspace.use,
      }),
    }
  })

const models = (ir: Ir): ReadonlyArray<Fields> =>
  [...new Set(ir.sessions.flatMap(({ model }) => model ?? []))].map((name) => ({ type: "machine-learning-model", "bom-ref": `model:${name}`, name }))

const plugins = (ir: Ir): ReadonlyArray<Fields> =>
  ir.plugins.map(({ name, version, from, integrity }) => ({
    type: "library",
    "bom-ref": `plugin:${name}`,
    name,
    version,
    ...(integrity === undefined ? {} : { hashes: sha256(integrity.replace(/^sha256-/, "")) }),
    properties: properties({ from }),
  }))

const promptRef = ({ session, turn, attempt }: Evidence["prompts"][number]): string => `prompt:${session}/${turn}/${attempt}`

const told = (evidence: Evidence): ReadonlyArray<Fields> => [
  ...(evidence.task === undefined ? [] : [data("task", "task", evidence.task)]),
  ...Object.entries(evidence.inputs).map(([name, hash]) => data(`input:${name}`, name, hash)),
  ...evidence.ir.sources.map((source) => data(`source:${source.path}`, source.path, source.sha256)),
  ...evidence.ir.sessions.flatMap(({ id, systemPrompt }) =>
    systemPrompt === undefined ? [] : [data(`system-prompt:${id}`, `system prompt of ${id}`, sha256Hex(systemPrompt))],
  ),
  ...evidence.prompts.map((prompt) => data(promptRef(prompt), `prompt of ${prompt.session}, turn ${prompt.turn}, attempt ${prompt.attempt}`, prompt.sha256)),
]

const data = (ref: string, name: string, hash: string): Fields => ({ type: "data", "bom-ref": ref, name, hashes: sha256(hash) })

const made = (evidence: Evidence, commits: Commits): ReadonlyArray<Fields> => [
  ...branchesOf(evidence).flatMap((branch): ReadonlyArray<Fields> => {
    const commit = commits.get(branch)
    return commit === undefined
      ? []
      : [{ type: "data", "bom-ref": `branch:${branch}`, name: branch, version: commit, pedigree: { commits: [{ uid: commit }] } }]
  }),
  ...evidence.artifacts.map(({ session, name, mime, sha256: hash }, at): Fields => ({
    type: "data",
    "bom-ref": `artifact:${at + 1}`,
    name,
    ...(mime === undefined ? {} : { "mime-type": mime }),
    hashes: sha256(hash),
    properties: properties({ session }),
  })),
]

/** A UUID of version 8: the hash decides all its other bits. */
const uuidOf = (text: string): string => {
  const bytes = createHash("sha256").update(text).digest().subarray(0, 16)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5")
}
