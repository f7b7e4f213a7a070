/**
 * A run as an in-toto statement (version 1) with SLSA provenance (version 1): the commits that came of it and its journal are the subjects; fleet, inputs,
 * plugins and sources what it was made from. Fields of our own carry the prefix that SLSA asks of extensions.
 */
import type { Json } from "#ir"
import type { Evidence } from "./evidence.ts"

export const statementType = "https://in-toto.io/Statement/v1"
export const predicateType = "https://slsa.dev/provenance/v1"
const buildType = "urn:fleetwright:run:1"

/** Commits by branch. */
export type Commits = ReadonlyMap<string, string>

/** What the journal says of a branch goes before what the repository says: the branch may have moved on, or be gone. */
export const commitsNamed = ({ commits }: Evidence, found: Commits): Commits => new Map([...found, ...commits])

/** `found`: where branches stand of which the journal names no commit. `version`: of the fleetwright that writes it. */
export const statementOf = (evidence: Evidence, found: Commits, version: string): { readonly [key: string]: Json } => {
  const commits = commitsNamed(evidence, found)
  const { run, ir, journal } = evidence
  return {
    _type: statementType,
    subject: [
      ...branchesOf(evidence).flatMap((branch): ReadonlyArray<Json> => {
        const commit = commits.get(branch)
        return commit === undefined ? [] : [{ name: `refs/heads/${branch}`, digest: { gitCommit: commit } }]
      }),
      { name: `journal:${run}`, digest: { fleetwrightChain: journal.head } },
    ],
    predicateType,
    predicate: {
      buildDefinition: {
        buildType,
        externalParameters: {
          fleet: ir.fleet.name,
          inputs: mapValues(evidence.inputs, (sha256) => ({ sha256 })),
          ...(evidence.task === undefined ? {} : { task: { sha256: evidence.task } }),
        },
        internalParameters: {
          sessions: ir.sessions.map(({ id, driver, model, permissions, workspace, policies }) => ({
            id,
            driver: driver.use,
            ...(model === undefined ? {} : { model }),
            permissions,
            workspace: workspace.use,
            policies: [...ir.policies, ...policies].map(({ use }) => use),
          })),
        },
        resolvedDependencies: [
          { name: "ir", digest: { sha256: ir.hash } },
          ...ir.sources.map(({ path, sha256 }) => ({ name: `source:${path}`, digest: { sha256 } })),
          ...ir.plugins.map(({ name, version: its, from, integrity }) => ({
            name: `plugin:${name}`,
            annotations: { version: its, from },
            ...(integrity === undefined ? {} : { digest: { sha256: integrity.replace(/^sha256-/, "") } }),
          })),
        ],
      },
      runDetails: {
        builder: { id: "urn:fleetwright", version: { fleetwright: version } },
        metadata: { invocationId: run, startedOn: time(evidence.startedAt), finishedOn: time(evidence.endedAt) },
        byproducts: [{ name: "journal", digest: { fleetwrightChain: journal.head }, annotations: { start: journal.start, records: journal.records } }],
      },
      fleetwright_result: {
        status: evidence.status,
        usage: { ...evidence.usage },
        ...(evidence.outputs === undefined ? {} : { outputs: { sha256: evidence.outputs } }),
        sessions: evidence.sessions.map(({ session, declared, status, turns, attempts, branches }) => ({
          session,
          declared,
          status,
          turns,
          attempts,
          branches: branches.filter((branch) => commits.has(branch)),
        })),
      },
      fleetwright_decisions: evidence.decisions.map((decision) => ({ ...decision })),
    },
  }
}

/** Every branch that held work of the run. */
export const branchesOf = ({ sessions }: Evidence): ReadonlyArray<string> => [...new Set(sessions.flatMap(({ branches }) => branches))]

export const time = (ms: number): string => new Date(ms).toISOString()

const mapValues = (record: { readonly [name: string]: string }, of: (value: string) => Json): Json =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, of(value)]))
