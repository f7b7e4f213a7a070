/** What a pack hides is in no file of the journal, not even for a moment, and in nothing that is told, printed or sent to an agent. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, it } from "vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Ir } from "#ir"
import { builtinPolicies } from "#plugins"
import type { SinkEvent } from "#sdk"
import { startRun } from "../../../runtime/engine/start-run.ts"
import { makeSqliteJournal } from "../../../runtime/journal/sqlite.ts"
import { fakeDriver, fleet, followUp, loggedWorkspaces, session } from "./fleet.ts"

const secret = "ACME-4711-TOPSECRET"
const pack = { use: "secrets", with: { patterns: ["ACME-[0-9]{4}-[A-Z]+"] } }

it("leaves no trace of what it removes", async () => {
  const folder = mkdtempSync(join(tmpdir(), "redaction-"))
  const bytes = (): Buffer => Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name))))
  const during: Array<boolean> = []
  const look = (): void => void during.push(bytes().includes(secret))
  const prompts: Array<string> = []
  const sunk: Array<SinkEvent> = []
  const talks = fakeDriver((frame, say, _end, id) => {
    if (frame.type === "message") prompts.push(frame.text)
    if (frame.type !== "prompt") return
    prompts.push(frame.text)
    const agent = (event: { readonly kind: string; readonly [key: string]: unknown }) => say({ type: "agent", event: event as never })
    for (const text of ["it is ", ...secret, " so it is"]) agent({ kind: "cap.text_chunk", text, channel: "assistant" })
    agent({ kind: "cap.thought", text: `I remember ${secret}` })
    agent({ kind: "cap.tool_call.start", call_id: "1", name: "Read", input: { file_path: `/x/${secret}`, [secret]: 1 } })
    agent({ kind: "cap.tool_call.end", call_id: "1", output: { lines: [secret] } })
    agent({ kind: "cap.plan", entries: [{ id: "p", title: secret, status: "pending" }] })
    agent({ kind: "cap.artifact", id: "1", name: secret, mime: "text/plain", content: `key: ${secret}` })
    agent({ kind: "cap.error", code: "odd", message: secret, retryable: false })
    look()
    if (id === "c") say({ type: "turn.ended", end: { error: { kind: "driver_error", message: `refused with ${secret}`, retryable: false } } } as never)
    else say({ type: "turn.ended", end: { stop: "end_turn" }, text: `the key is ${secret}`, output: { key: [secret] } })
    look()
  })
  const base = fleet([session("a"), session("b"), session("c")], [followUp(1, "a", "b"), followUp(2, "b", "c")])
  const ir: Ir = { ...base, policies: [pack], sinks: [{ use: "all", with: {} }] }
  const told = await Effect.gen(function* () {
    const journal = yield* makeSqliteJournal(join(folder, "state.db"))
    const handle = yield* startRun({
      ir,
      run: "r",
      drivers: { fake: talks },
      workspaces: { none: loggedWorkspaces([]) },
      policies: builtinPolicies,
      sinks: { all: { write: (event) => void sunk.push(event) } },
      journal,
      root: "/",
      env: {},
      task: `use ${secret}`,
      onEvent: look,
    })
    const { status } = yield* handle.result
    const events = yield* Stream.runCollect(handle.events())
    expect(status).toBe("failed")
    return events
  }).pipe(Effect.scoped, Effect.runPromise)
  look()
  // something was said, and something stands in its place
  expect(prompts).toHaveLength(3)
  expect(told.length).toBeGreaterThan(20)
  expect(bytes().includes("[redacted]")).toBe(true)
  expect(during.length).toBeGreaterThan(10)
  expect(during.every((found) => !found)).toBe(true)
  expect(JSON.stringify([told, prompts, sunk])).not.toContain(secret)
  // nor in parts, as it was said letter by letter
  const letters = told.flatMap((event) => (event.type === "agent" && "text" in event.event ? [event.event["text"]] : []))
  expect(letters.filter((text) => typeof text === "string").join("")).not.toContain("4711")
  rmSync(folder, { recursive: true })
})
