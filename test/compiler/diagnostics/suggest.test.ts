import { expect, it } from "vitest"
import { suggest } from "../../../compiler/diagnostics/index.ts"

it.each([
  ["budgt_usd", ["budget_usd", "budget"], "budget_usd"],
  ["reveiwer", ["coder", "reviewer"], "reviewer"],
  ["clude", ["claude", "codex"], "claude"],
  ["dnoe", ["done", "failed"], "done"],
  ["Lead", ["lead"], "lead"],
  ["ab", ["cd"], undefined],
  ["a", ["b"], undefined],
  ["worker3", ["worker1", "worker2"], undefined],
  ["something", ["else"], undefined],
])("%s of %j", (word, candidates, expected) => expect(suggest(word, candidates)).toBe(expected))
