import { seal, statementOf } from "#runtime/trust/index.ts"
import type { Command } from "./command.ts"
import { documentOptions, writeDocument } from "./signed-document.ts"

export const attest: Command = {
  usage: "attest RUN [-o OUT]",
  about:
    "Signs what a run was made from, what policies decided in it and what came of it: an in-toto statement with SLSA provenance in a DSSE envelope. See docs/trust.md.",
  options: documentOptions,
  positionals: { least: 1, most: 1 },
  run: (given) => writeDocument(given, (evidence, commits, version, key) => seal(JSON.stringify(statementOf(evidence, commits, version)), key)),
}
