/** The table in docs/ is what the suite does with each built-in driver: a new case or capability changes it (`vitest run -u` writes it). */
import { fileURLToPath } from "node:url"
import { expect, it } from "vitest"
import { driverSuite } from "../../../plugins/sdk/testing/index.ts"
import { claudeFixture, codexFixture, scriptedFixture, shellFixture } from "./fixtures.ts"
import { a2aFixture, acpFixture, ptyFixture } from "./protocol-fixtures.ts"

const fixtures = [claudeFixture, codexFixture, acpFixture("1"), a2aFixture("a2a", { url: "", prompts: [] }), ptyFixture, shellFixture, scriptedFixture]

const row = (cells: ReadonlyArray<string>): string => `| ${cells.join(" | ")} |`

const table = (): string => {
  const suites = fixtures.map(driverSuite)
  const names = (suites[0] ?? []).map(({ name }) => name)
  const notes: Array<string> = []
  const cell = (skip: string | undefined): string => {
    if (skip === undefined) return "yes"
    if (!notes.includes(skip)) notes.push(skip)
    return `– (${notes.indexOf(skip) + 1})`
  }
  const rows = names.map((name, index) => row([name, ...suites.map((cases) => cell(cases[index]?.skip))]))
  return [
    "# What the drivers are tried for",
    "",
    "Made by `test/plugins/drivers/table.test.ts` from the suite of `fleetwright/testing`. `yes`: the case runs with each `npm test` and must pass.",
    "`npm run test:agents` runs the same cases with Claude Code, Codex, Gemini CLI and OpenCode themselves, and over version 2 of ACP with the adapters of the first two.",
    "",
    row(["case", ...fixtures.map(({ name }) => name)]),
    row(["---", ...fixtures.map(() => "---")]),
    ...rows,
    "",
    ...notes.map((note, index) => `${index + 1}. ${note}`),
    "",
  ].join("\n")
}

it("is up to date", async () => {
  await expect(table()).toMatchFileSnapshot(fileURLToPath(new URL("../../../docs/driver-conformance.md", import.meta.url)))
})
