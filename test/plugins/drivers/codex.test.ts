import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, it } from "vitest"
import { codex } from "../../../plugins/drivers/codex/index.ts"
import { openTestSession } from "../../../plugins/sdk/testing/index.ts"
import { codexExecFixture, codexFixture, smallAgent } from "./fixtures.ts"
import { suite } from "./suite.ts"

suite(codexFixture)
suite(codexExecFixture)

it("codex exec says that a message is lost", async () => {
  const directory = mkdtempSync(join(tmpdir(), "codex-exec-"))
  const env = { PATH: process.env["PATH"] ?? "", HOME: directory, FLEET_RUN: directory, FLEET_SESSION: "a", CODEX_AGENT: "without app-server" }
  const session = await openTestSession(codex, {
    run: directory,
    session: "a",
    config: { command: smallAgent("codex-agent") },
    directory,
    permissions: "ask",
    env,
  })
  await session.prompt("hang")
  await session.send({ type: "message", text: "hello?" })
  const seen = await session.until("a word of the message", (event) => event.type === "agent" && event.event.kind === "codex.message_lost")
  expect(seen.at(-1)).toMatchObject({ event: { text: "hello?" } })
  await session.close()
  rmSync(directory, { recursive: true })
})
