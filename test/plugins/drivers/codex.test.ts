import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { codex } from "../../../plugins/drivers/codex/index.ts"
import { driverSuite, openTestSession, type DriverFixture, type Place } from "../../../plugins/sdk/testing/index.ts"
import { describe, expect, it } from "vitest"
import { given, smallAgent, smallScenes, suite } from "./suite.ts"

const { loop: _loop, ...scenes } = smallScenes
const fixture: DriverFixture = {
  name: "codex",
  driver: codex,
  scenes,
  context: (place) => ({ config: { command: place.command(smallAgent("codex-agent")) } }),
  observed: given,
}
suite(fixture)

describe("codex without its app server", () => {
  const exec: DriverFixture = {
    ...fixture,
    scenes: { hello: "hello", tool: "tool", hang: "hang", orphan: "orphan", remember: "remember kiwi", recall: "recall" },
    context: (place: Place) => ({ config: { command: place.command(smallAgent("codex-agent")) }, env: { CODEX_AGENT: "without app-server" } }),
    process: false,
    driver: { ...codex, capabilities: { ...codex.capabilities, model: false, systemPrompt: false, queuedInput: false, permission: false, structuredOutput: false } },
  }
  for (const { name, skip, run } of driverSuite(exec)) if (skip === undefined) it.concurrent(name, run)

  it("says that a message is lost", async () => {
    const directory = mkdtempSync(join(tmpdir(), "codex-exec-"))
    const env = { PATH: process.env["PATH"] ?? "", HOME: directory, FLEET_RUN: directory, FLEET_SESSION: "a", CODEX_AGENT: "without app-server" }
    const session = await openTestSession(codex, { run: directory, session: "a", config: { command: smallAgent("codex-agent") }, directory, permissions: "ask", env })
    await session.prompt("hang")
    await session.send({ type: "message", text: "hello?" })
    const seen = await session.until("a word of the message", (event) => event.type === "agent" && event.event.kind === "codex.message_lost")
    expect(seen.at(-1)).toMatchObject({ event: { text: "hello?" } })
    await session.close()
    rmSync(directory, { recursive: true })
  })
})
