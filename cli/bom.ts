import { bomOf, signJson } from "#runtime/trust/index.ts"
import type { Command } from "./command.ts"
import { documentOptions, writeDocument } from "./signed-document.ts"

export const bom: Command = {
  usage: "bom RUN [-o OUT]",
  about:
    "Signs a bill of materials of a run: its agents, models and plugins, the hashes of its prompts, and its commits, as CycloneDX 1.6 JSON. See docs/trust.md.",
  options: documentOptions,
  positionals: { least: 1, most: 1 },
  run: (given) => writeDocument(given, (evidence, commits, version, key) => signJson(bomOf(evidence, commits, version), key)),
}
