/** What `attest` and `bom` have in common: a run of this directory becomes a signed document, printed or written to a file. */
import type { Json } from "#ir"
import { branchesOf, evidenceOf, type Commits, type Evidence, type SigningKey } from "#runtime/trust/index.ts"
import type { Command, Given, Option } from "./command.ts"
import { commitsOf } from "./commits.ts"
import { exit, NotStarted, type ExitCode } from "./exit.ts"
import { ask, withRun } from "./find-run.ts"
import { signingKey } from "./signing-key.ts"
import { err, out } from "./terminal.ts"
import { version } from "./version.ts"
import { writeText } from "./write-text.ts"

export const documentOptions: Command["options"] & { readonly [name: string]: Option } = {
  output: { type: "string", short: "o", value: "OUT", about: "the file to write (standard output)" },
  key: { type: "string", value: "FILE", about: "the private key to sign with, Ed25519 in PEM (the user's own, made when it is first needed)" },
}

type Make = (evidence: Evidence, commits: Commits, version: string, key: SigningKey) => Promise<unknown>

export const writeDocument = (given: Given, make: Make): Promise<ExitCode> =>
  withRun(given.positionals[0] ?? "", async ({ journal, entry }) => {
    if (!entry.ended)
      throw new NotStarted(`run ${entry.run} has not ended; ${entry.alive === undefined ? `fleetwright resume ${entry.run} takes it up` : "wait for it"}`)
    const evidence = await ask(evidenceOf(journal, entry))
    const branches = branchesOf(evidence)
    const commits = await commitsOf(
      entry.root,
      branches.filter((branch) => !evidence.commits.has(branch)),
    )
    if (branches.length > 0 && commits.size + evidence.commits.size === 0)
      err(`no branch of this run is in the repository at ${entry.root} any more: the document names no commits\n`)
    const text = `${JSON.stringify(await make(evidence, commits, version(), await signingKey(given.text("key"))), null, 2)}\n`
    const path = given.text("output")
    if (path === undefined) out(text)
    else await writeText(path, text)
    return exit.fine
  })

/** JSON from a file, for whoever reads such a document. */
export const parseDocument = (path: string, text: string): Json => {
  try {
    return JSON.parse(text)
  } catch {
    throw new NotStarted(`${path}: this is not JSON`)
  }
}
