import { readFileSync } from "node:fs"
import { Ajv } from "ajv"
import * as Effect from "effect/Effect"
import { beforeAll, describe, expect, it } from "vitest"
import { compile } from "#compiler"
import type { Json } from "#ir"
import { builtinManifests } from "#plugins/loader/builtin-manifests.ts"
import { makeMemoryJournal, type JournalShape, type RunEntry } from "#runtime"
import {
  bomOf,
  branchesOf,
  differences,
  evidenceOf,
  makePrivateKey,
  openDocument,
  readPrivateKey,
  seal,
  signJson,
  statementOf,
  type Evidence,
  type SigningKey,
} from "#runtime/trust/index.ts"
import { simulate } from "../../../library/simulate.ts"

const fleet = `fleet:
  name: f
  workspace: none
  budget: { usd: 1 }
  task: "write about \${inputs.what}"
  inputs: { what: string }
  policies: [{ use: shell-rules, with: { deny: ["rm *"] } }]
  sessions:
    lead: { driver: scripted, role: architect, model: large, system_prompt: be brief, permissions: allow, output: { parts: [string] } }
    worker: { driver: scripted, permissions: allow }
  start: lead
  routes: on lead.done -> for p in lead.output.parts -> worker with "do \${p}" limit 3
`

const script = {
  sessions: {
    lead: [{ output: { parts: ["a", "b"] } }],
    worker: [
      {
        events: [
          { kind: "cap.tool_call.start", call_id: "1", name: "Bash", input: { command: "ls" } },
          { kind: "cap.permission.request", req_id: "1", tool: "Bash", intent: { command: "rm x" }, risk_level: "low" },
          { kind: "cap.artifact", id: "1", name: "plan", mime: "text/markdown", content: "# plan" },
        ],
      },
    ],
  },
}

let journal: JournalShape
let entry: RunEntry
let evidence: Evidence
let key: SigningKey
const commits = new Map<string, string>()

beforeAll(async () => {
  const { ir, diagnostics } = compile({ file: "fleet.yaml", text: fleet, files: () => undefined, plugins: builtinManifests })
  if (ir === undefined) throw new Error(JSON.stringify(diagnostics))
  journal = makeMemoryJournal()
  await simulate(ir, { script, journal, inputs: { what: "forks" } })
  const [first] = await Effect.runPromise(journal.runs())
  if (first === undefined) throw new Error("no run")
  entry = first
  evidence = await Effect.runPromise(evidenceOf(journal, entry))
  const read = await readPrivateKey(await makePrivateKey())
  if (read === undefined) throw new Error("no key")
  key = read
})

const sha = "a".repeat(40)
/** As if the lead had left its work on a branch. */
const withBranch = (): Evidence => ({
  ...evidence,
  sessions: evidence.sessions.map((one) => (one.session === "lead" ? { ...one, branches: ["f/lead"] } : one)),
})

describe("the evidence", () => {
  it("tells who did what, and what policies decided", () => {
    expect(evidence.sessions.map(({ session, declared, status, turns }) => [session, declared, status, turns])).toEqual([
      ["lead", "lead", "done", 1],
      ["worker[0]", "worker", "done", 1],
      ["worker[1]", "worker", "done", 1],
    ])
    expect(evidence.decisions.map(({ session, pack, effect }) => [session, pack, effect])).toEqual([
      ["worker[0]", "shell-rules", "deny"],
      ["worker[1]", "shell-rules", "deny"],
    ])
    expect(evidence.prompts.map(({ session }) => session)).toEqual(["lead", "worker[0]", "worker[1]"])
    expect(evidence.artifacts.map(({ name, mime }) => [name, mime])).toEqual([
      ["plan", "text/markdown"],
      ["plan", "text/markdown"],
    ])
    expect(Object.keys(evidence.inputs)).toEqual(["what"])
    expect(branchesOf(evidence)).toEqual([])
  })

  it("holds no text of task, inputs, prompts or artifacts", () => {
    const { ir: _ir, ...rest } = evidence
    expect(JSON.stringify(rest)).not.toMatch(/forks|write about|do a|# plan/)
  })

  it("is refused when a record was changed, taken out, or the run has not ended", async () => {
    const stored = await Effect.runPromise(journal.stored(entry.run))
    const asked = (records: typeof stored) => Effect.runPromise(Effect.flip(evidenceOf({ ...journal, stored: () => Effect.succeed(records) }, entry)))
    expect(await asked(stored.map((one, at) => (at === 2 ? { ...one, events: one.events.replace("{", "{ ") } : one)))).toMatchObject({ reason: "damaged" })
    expect(await asked(stored.slice(0, -1))).toMatchObject({ reason: "damaged" })
    const other = {
      ...journal,
      origin: (run: string) => Effect.map(journal.origin(run), (origin) => ({ ...origin, ir: { ...evidence.ir, start: ["worker"] } })),
    }
    expect(await Effect.runPromise(Effect.flip(evidenceOf(other, entry)))).toMatchObject({ reason: "damaged" })
  })
})

describe("the statement", () => {
  it("is an in-toto statement with SLSA provenance", () => {
    const { _type, subject, predicateType, predicate } = statementOf(withBranch(), new Map([["f/lead", sha]]), "1.2.3")
    expect([_type, predicateType]).toEqual(["https://in-toto.io/Statement/v1", "https://slsa.dev/provenance/v1"])
    expect(subject).toEqual([
      { name: "refs/heads/f/lead", digest: { gitCommit: sha } },
      { name: `journal:${entry.run}`, digest: { fleetwrightChain: entry.head } },
    ])
    expect(predicate).toMatchObject({
      buildDefinition: {
        buildType: "urn:fleetwright:run:1",
        externalParameters: {
          fleet: "f",
          inputs: { what: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) } },
          task: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
        },
        resolvedDependencies: expect.arrayContaining([{ name: "ir", digest: { sha256: entry.ir } }, expect.objectContaining({ name: "source:fleet.yaml" })]),
      },
      runDetails: { builder: { id: "urn:fleetwright", version: { fleetwright: "1.2.3" } }, metadata: { invocationId: entry.run } },
      fleetwright_result: { status: "succeeded", usage: { usd: 0, tokens: 0 } },
      fleetwright_decisions: [
        { boundary: "tool", effect: "deny" },
        { boundary: "tool", effect: "deny" },
      ],
    })
  })
})

describe("the bill of materials", () => {
  const schema = (name: string): { readonly [key: string]: unknown } =>
    JSON.parse(readFileSync(new URL(`../../../node_modules/@cyclonedx/cyclonedx-library/res/schema/${name}.SNAPSHOT.schema.json`, import.meta.url), "utf8"))
  const ajv = new Ajv({
    strict: false,
    logger: false,
    formats: { uri: (text: string) => URL.canParse(text), "date-time": (text: string) => !Number.isNaN(Date.parse(text)) },
    schemas: [
      { ...schema("spdx"), $id: "http://cyclonedx.org/schema/spdx.SNAPSHOT.schema.json" },
      { ...schema("jsf-0.82"), $id: "http://cyclonedx.org/schema/jsf-0.82.SNAPSHOT.schema.json" },
    ],
  })
  const fits = ajv.compile(schema("bom-1.6"))

  it("fits the schema of CycloneDX 1.6, signature included", async () => {
    const bom = bomOf(withBranch(), new Map([["f/lead", sha]]), "1.2.3")
    expect([fits(bom), fits.errors]).toEqual([true, null])
    expect([fits(await signJson(bom, key)), fits.errors]).toEqual([true, null])
    expect(fits({ ...bom, serialNumber: "7" })).toBe(false)
    expect(fits({ ...bom, signature: { algorithm: "Ed25519" } })).toBe(false)
  })

  it("names agents, models, plugins, prompts and commits", () => {
    const { components = null, dependencies } = bomOf(withBranch(), new Map([["f/lead", sha]]), "1.2.3")
    const refs = Array.isArray(components) ? components.map((one: { readonly [key: string]: Json }) => one["bom-ref"]) : []
    expect(refs).toEqual(
      expect.arrayContaining([
        "agent:lead",
        "agent:worker",
        "model:large",
        "plugin:scripted",
        "plugin:shell-rules",
        "task",
        "input:what",
        "system-prompt:lead",
        "prompt:lead/1/1",
        "prompt:worker[0]/1/1",
        "prompt:worker[1]/1/1",
        "branch:f/lead",
        "artifact:1",
        "artifact:2",
      ]),
    )
    expect(new Set(refs).size).toBe(refs.length)
    expect(dependencies).toContainEqual({
      ref: "agent:lead",
      dependsOn: ["plugin:scripted", "plugin:none", "model:large", "plugin:shell-rules", "system-prompt:lead", "prompt:lead/1/1"],
    })
  })
})

describe("a document that is verified", () => {
  const opened = async (value: unknown): Promise<unknown> => openDocument(JSON.parse(JSON.stringify(value)), key.public)

  it.each(["statement", "bom"] as const)("agrees with the journal it came from: %s", async (kind) => {
    const content = (kind === "statement" ? statementOf : bomOf)(evidence, commits, "0.0.9")
    const found = await openDocument(
      JSON.parse(JSON.stringify(kind === "statement" ? await seal(JSON.stringify(content), key) : await signJson(content, key))),
      key.public,
    )
    if (found.kind !== "run") throw new Error(found.kind)
    expect(found.document).toMatchObject({ kind, run: entry.run, version: "0.0.9" })
    expect(differences(found.document, evidence)).toEqual([])
  })

  it.each(["statement", "bom"] as const)("names another commit than the run made: %s", async (kind) => {
    const made: Evidence = { ...withBranch(), commits: new Map([["f/lead", sha]]) }
    const told = (kind === "statement" ? statementOf : bomOf)({ ...made, commits: new Map([["f/lead", "b".repeat(40)]]) }, commits, "1.0.0")
    const found = await openDocument(
      JSON.parse(JSON.stringify(kind === "statement" ? await seal(JSON.stringify(told), key) : await signJson(told, key))),
      key.public,
    )
    if (found.kind !== "run") throw new Error(found.kind)
    expect(differences(found.document, made)).not.toEqual([])
    expect(differences(found.document, { ...made, commits: new Map([["f/lead", "b".repeat(40)]]) })).toEqual([])
  })

  it.each(["statement", "bom"] as const)("names the places where whoever signed said something else: %s", async (kind) => {
    const told = (kind === "statement" ? statementOf : bomOf)({ ...withBranch(), status: "failed" }, new Map([["f/lead", sha]]), "1.0.0")
    const found = await openDocument(
      JSON.parse(JSON.stringify(kind === "statement" ? await seal(JSON.stringify(told), key) : await signJson(told, key))),
      key.public,
    )
    if (found.kind !== "run") throw new Error(found.kind)
    expect([...found.document.commits]).toEqual([["f/lead", sha]])
    expect(differences(found.document, withBranch())).toEqual([
      kind === "statement" ? "/predicate/fleetwright_result/status" : "/metadata/component/properties/2/value",
    ])
    // a branch that the run never had
    expect(differences(found.document, evidence).length).toBeGreaterThan(1)
  })

  /** The value with something else at one place: every leaf once, every key gone once, one key more in every record. */
  const changes = (value: Json, put: (part: Json) => Json = (part) => part, path = ""): ReadonlyArray<readonly [path: string, changed: Json]> => {
    if (typeof value !== "object" || value === null) return [[path, put(typeof value === "string" ? `${value}x` : value === 1 ? 2 : 1)]]
    if (Array.isArray(value)) {
      const list: ReadonlyArray<Json> = value
      return [
        [`${path}/-`, put([...list, "more"])],
        ...(list.length === 0 ? [] : [[`${path}/0-`, put(list.slice(1))] as const]),
        ...list.flatMap((part, at) => changes(part, (changed) => put(list.map((one, index) => (index === at ? changed : one))), `${path}/${at}`)),
      ]
    }
    const fields: { readonly [key: string]: Json } = JSON.parse(JSON.stringify(value))
    return [
      [`${path}/+`, put({ ...fields, added: 1 })],
      ...Object.keys(fields).flatMap((key) => {
        const { [key]: part = null, ...rest } = fields
        return [[`${path}/${key}-`, put(rest)] as const, ...changes(part, (changed) => put({ ...fields, [key]: changed }), `${path}/${key}`)]
      }),
    ]
  }
  const plain = (value: unknown): Json => JSON.parse(JSON.stringify(value))
  const whole = (kind: "statement" | "bom"): Json => plain((kind === "statement" ? statementOf : bomOf)(withBranch(), new Map([["f/lead", sha]]), "1.2.3"))

  it("does not open when anything in it was changed, taken away or added: bom", async () => {
    const bom = plain(await signJson(bomOf(withBranch(), new Map([["f/lead", sha]]), "1.2.3"), key))
    const all = changes(bom)
    expect(all.length).toBeGreaterThan(200)
    const passed: Array<string> = []
    for (const [path, changed] of all) if ((await openDocument(changed, key.public)).kind === "run") passed.push(path)
    expect(passed).toEqual([])
  })

  it("does not open when anything in it was changed, taken away or added: statement", async () => {
    const content = whole("statement")
    const envelope = await seal(JSON.stringify(content), key)
    const passed: Array<string> = []
    for (const [path, changed] of changes(content)) {
      const payload = Buffer.from(JSON.stringify(changed)).toString("base64")
      if ((await openDocument(plain({ ...envelope, payload }), key.public)).kind === "run") passed.push(path)
    }
    for (const [path, changed] of changes(plain(envelope))) if ((await openDocument(changed, key.public)).kind === "run") passed.push(path)
    // DSSE signs neither the name of the key nor what stands beside the payload; nothing of that is believed
    expect(passed).toEqual(["/+", "/signatures/0/+", "/signatures/0/keyid-", "/signatures/0/keyid"])
  })

  it.each(["statement", "bom"] as const)("is found out in every place where its signer says something else than the journal: %s", async (kind) => {
    const missed: Array<string> = []
    for (const [path, changed] of changes(whole(kind))) {
      const signed = kind === "statement" ? await seal(JSON.stringify(changed), key) : await signJson(changed as { readonly [key: string]: Json }, key)
      const found = await openDocument(plain(signed), key.public)
      if (found.kind === "run" && found.document.run === entry.run && differences(found.document, withBranch()).length === 0) missed.push(path)
    }
    // a journal knows neither which version signed nor a commit that no turn ended with
    expect(missed.filter((path) => !/version|gitCommit/.test(path))).toEqual([])
  })

  it.each([
    ["an envelope of somebody else", async () => ({ ...(await seal("{}", key)), signatures: [] }), "unsigned"],
    ["a changed bill", async () => ({ ...(await signJson(bomOf(evidence, commits, "1"), key)), version: 2 }), "unsigned"],
    ["an unsigned bill", async () => bomOf(evidence, commits, "1"), "unsigned"],
    ["a statement of something else", async () => seal(JSON.stringify({ predicateType: "other" }), key), "other"],
    ["a payload of another type", async () => seal("text", key, "text/plain"), "other"],
    ["provenance of something else", async () => seal(JSON.stringify({ predicateType: "https://slsa.dev/provenance/v1", predicate: 7 }), key), "other"],
    ["something else", async () => ({ a: 1 }), "unknown"],
    ["a list", async () => [1], "unknown"],
  ])("is told apart: %s", async (_, make, kind) => {
    expect(await opened(await make())).toEqual({ kind })
  })
})
