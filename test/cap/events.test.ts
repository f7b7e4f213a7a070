/** What the built-in drivers say, word for word as CAP v1 has it. */
import { afterAll, describe, expect, it } from "vitest"
import type { AgentEvent } from "#sdk"
import { inPlace, playTurn } from "../../plugins/sdk/testing/suite-place.ts"
import { readNotification } from "../../plugins/drivers/codex/notifications.ts"
import { readUpdate } from "../../plugins/drivers/acp/updates.ts"
import { claudeFixture, codexFixture, scriptedFixture, shellFixture } from "../plugins/drivers/fixtures.ts"
import { startAgent } from "../plugins/drivers/agents/a2a-agent.ts"
import { a2aFixture, acpFixture, ptyFixture } from "../plugins/drivers/protocol-fixtures.ts"
import { problemsOf } from "./vocabulary.ts"

const remote = await startAgent({ binding: "JSONRPC", version: "1.0" })
afterAll(() => remote.close())

const fixtures = [claudeFixture, codexFixture, acpFixture("1"), acpFixture("2"), a2aFixture("a2a", remote), ptyFixture, shellFixture, scriptedFixture]
const scenes = ["hello", "tool", "permission", "question"] as const

describe("events", () => {
  it.each(fixtures.map((fixture) => [fixture.name, fixture] as const))("of %s are named as CAP names them, and none are raw bytes", async (_, fixture) => {
    const seen: Array<AgentEvent> = []
    for (const scene of scenes) {
      if (typeof fixture.scenes === "function" || fixture.scenes[scene] === undefined) continue
      await inPlace(fixture, scene, async ({ open, scenes: prompts }) => {
        const session = await open()
        await session.prompt(prompts[scene] ?? "")
        const { events } = await playTurn(session)
        seen.push(...events.flatMap((event) => (event.type === "agent" ? [event.event] : [])))
      })
    }
    expect(seen.length).toBeGreaterThan(0)
    expect(seen.flatMap(problemsOf)).toEqual([])
    expect(seen.map(({ kind }) => kind)).not.toContain("cap.pty.raw_bytes")
  })

  it("give a plan whole, and no priority where the agent gave none", () => {
    const steps = [
      { step: "one", status: "inProgress" },
      { step: "two", status: "pending" },
    ]
    const entries = [
      { content: "one", status: "in_progress", priority: "high" },
      { content: "two", status: "pending" },
    ]
    const plans = [readNotification("t", "turn/plan/updated", { threadId: "t", plan: steps }), readUpdate({ sessionUpdate: "plan", entries })]
    expect(plans).toEqual([
      [
        {
          type: "event",
          event: {
            kind: "cap.plan",
            entries: [
              { id: "p1", content: "one", status: "in_progress" },
              { id: "p2", content: "two", status: "pending" },
            ],
          },
        },
      ],
      [
        {
          type: "event",
          event: {
            kind: "cap.plan",
            entries: [
              { id: "p1", content: "one", status: "in_progress", priority: "high" },
              { id: "p2", content: "two", status: "pending" },
            ],
          },
        },
      ],
    ])
  })

  it.each<readonly [string, AgentEvent]>([
    ["an unknown name", { kind: "cap.text" }],
    ["a missing field", { kind: "cap.tool_call.start", call_id: "1", input: {} }],
    ["an unknown field", { kind: "cap.ask_user", ask_id: "1", prompt: "?", question: "?" }],
    ["an unknown value", { kind: "cap.permission.request", req_id: "1", tool: "Bash", risk_level: "none" }],
  ])("with %s are found", (_, event) => expect(problemsOf(event)).toHaveLength(1))
})
