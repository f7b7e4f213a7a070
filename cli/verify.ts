import { existsSync } from "node:fs"
import * as Effect from "effect/Effect"
import { differences, evidenceOf, keyPath, openDocument, readKey, readPublicKey, type PublicKey, type RunDocument } from "#runtime/trust/index.ts"
import type { Command } from "./command.ts"
import { missingCommits } from "./commits.ts"
import { exit, NotStarted } from "./exit.ts"
import { readText } from "./fleet-files.ts"
import { ask } from "./find-run.ts"
import { journalToRead } from "./open-journal.ts"
import { parseDocument } from "./signed-document.ts"
import { out } from "./terminal.ts"

/** `ok` undefined: it could not be checked here, which is no failure. */
interface Check {
  readonly check: "signature" | "journal" | "commits"
  readonly ok?: boolean
  readonly message: string
}

export const verify: Command = {
  usage: "verify FILE",
  about:
    "Checks what attest or bom wrote, offline: that it is signed by the key, and, where the journal and the repository of the run are here, that they say the same.",
  options: {
    key: { type: "string", value: "PUB", about: "the public key of whoever signed, in PEM (the user's own key)" },
    format: { type: "string", choices: ["pretty", "json"], about: "how to print (pretty)" },
  },
  positionals: { least: 1, most: 1 },
  run: async (given) => {
    const [path = ""] = given.positionals
    const value = parseDocument(path, await readText(path))
    const key = await keyOf(given.text("key"))
    const opened = await openDocument(value, key)
    if (opened.kind === "unknown") throw new NotStarted(`${path}: this is neither a DSSE envelope nor a CycloneDX document`)
    const signed: Check =
      opened.kind === "unsigned"
        ? { check: "signature", ok: false, message: `it is not signed by key ${key.id}, or was changed since` }
        : { check: "signature", ok: true, message: `signed by key ${key.id}` }
    const checks = [signed, ...(opened.kind === "run" ? await contentChecks(opened.document) : opened.kind === "other" ? [notOfARun] : [])]
    const whole = checks.every(({ ok }) => ok !== false)
    if (given.text("format") === "json") out(`${JSON.stringify({ ok: whole, key: key.id, checks }, null, 2)}\n`)
    else out(checks.map(({ ok, message }) => `${ok === undefined ? "--  " : ok ? "ok  " : "FAIL"}  ${message}\n`).join(""))
    return whole ? exit.fine : exit.failed
  },
}

const notOfARun: Check = { check: "journal", message: "it says nothing of a run: no more was checked than its signature" }

const keyOf = async (named: string | undefined): Promise<PublicKey> => {
  if (named !== undefined) {
    const key = await readPublicKey(await readText(named))
    if (key === undefined) throw new NotStarted(`${named}: this is no Ed25519 public key (SPKI, PEM); fleetwright keys prints one`)
    return key
  }
  const path = keyPath(process.env)
  if (!existsSync(path)) throw new NotStarted("whose signature is it to be? name the public key: --key PUB")
  const stored = await readKey(path)
  if (!stored.ok) throw new NotStarted(stored.problem)
  return stored.key.public
}

const contentChecks = async (document: RunDocument): Promise<ReadonlyArray<Check>> => {
  const opened = await journalToRead()
  try {
    const entry = opened === undefined ? undefined : (await ask(opened.journal.runs())).find(({ run }) => run === document.run)
    if (opened === undefined || entry === undefined) {
      return [
        { check: "journal", message: `run ${document.run} is not in the journal of this directory: what is said of it was not compared` },
        ...(await commitChecks(process.cwd(), document, false)),
      ]
    }
    const told = await Effect.runPromise(
      Effect.match(evidenceOf(opened.journal, entry), {
        onFailure: ({ reason, message }) => ({ evidence: undefined, reason, message }),
        onSuccess: (evidence) => ({ evidence }),
      }),
    )
    if (told.evidence === undefined) {
      if (told.reason !== "damaged") throw new NotStarted(told.message)
      return [{ check: "journal", ok: false, message: told.message }]
    }
    const wrong = differences(document, told.evidence)
    const shown = wrong.slice(0, 5).join(", ")
    return [
      wrong.length === 0
        ? { check: "journal", ok: true, message: `the journal of run ${document.run} says the same` }
        : {
            check: "journal",
            ok: false,
            message: `the journal of run ${document.run} says something else at ${shown}${wrong.length > 5 ? ` and ${wrong.length - 5} more places` : ""}`,
          },
      ...(await commitChecks(entry.root, document, true)),
    ]
  } finally {
    await opened?.close()
  }
}

/** `own`: the repository is that of the run, so its commits have to be there. */
const commitChecks = async (root: string, { commits }: RunDocument, own: boolean): Promise<ReadonlyArray<Check>> => {
  if (commits.size === 0) return []
  const missing = await missingCommits(root, commits)
  if (missing?.length === 0)
    return [{ check: "commits", ok: true, message: `the repository has ${commits.size === 1 ? "the commit" : `all ${commits.size} commits`} that it names` }]
  if (missing === undefined || !own) return [{ check: "commits", message: "the commits that it names are not in a repository here" }]
  return [{ check: "commits", ok: false, message: `the repository does not have ${missing.join(", ")}` }]
}
