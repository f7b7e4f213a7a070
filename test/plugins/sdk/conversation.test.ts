import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { failed, interruptGraceMs, markedProcesses, openConversation, type Conversation, type DriverEvent } from "#sdk"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"

const place = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "conversation-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true })),
)

/** An agent that is a script of Node's. */
const agent = (source: string) =>
  Effect.gen(function* () {
    const directory = yield* place
    const env = { PATH: process.env["PATH"] ?? "", FLEET_RUN: directory, FLEET_SESSION: "a" }
    const conversation = yield* openConversation({
      name: "it",
      install: "there is none",
      command: [process.execPath, "-e", source],
      directory,
      env,
      stallMs: 60_000,
    })
    return { conversation, directory, reader: conversation.events[Symbol.asyncIterator]() }
  })

const rest = async (reader: AsyncIterator<DriverEvent>): Promise<ReadonlyArray<DriverEvent>> => {
  const events: Array<DriverEvent> = []
  for (let step = await reader.next(); step.done !== true; step = await reader.next()) events.push(step.value)
  return events
}

const numbered = (conversation: Conversation, seen: { count: number }): void =>
  conversation.listen({
    interrupt: () => {},
    frame: (frame) => {
      seen.count += 1
      conversation.emit({ kind: "n", n: frame["n"] ?? null })
    },
  })

describe("a conversation", () => {
  it.live("reads no faster than it is read", () =>
    Effect.gen(function* () {
      const { conversation, reader } = yield* agent(`for (let n = 0; n < 20000; n++) process.stdout.write(JSON.stringify({ n }) + "\\n")`)
      const seen = { count: 0 }
      numbered(conversation, seen)
      const capacity = 1024
      while (seen.count < capacity) yield* Effect.sleep(1)
      // Whoever does not wait has read on by now: the agent has all of it ready.
      yield* Effect.sleep(50)
      expect(seen.count).toBe(capacity)
      const events = yield* Effect.promise(() => rest(reader))
      expect(events.map((event) => (event.type === "agent" ? event.event["n"] : event.type))).toEqual(Array.from({ length: 20_000 }, (_, n) => n))
    }).pipe(Effect.scoped),
  )

  it.effect("stops an agent that falls silent and heeds nothing", () =>
    Effect.gen(function* () {
      const { conversation, directory, reader } = yield* agent(`process.on("SIGTERM", () => process.exit(0)); setInterval(() => {}, 1000)`)
      const calls: Array<string> = []
      conversation.listen({
        interrupt: () => {
          calls.push("interrupt")
        },
        gone: ({ kind }) => {
          calls.push(kind)
        },
        frame: () => {},
      })
      conversation.begin()
      yield* TestClock.adjust(60_000)
      expect(calls).toEqual(["interrupt"])
      yield* TestClock.adjust(interruptGraceMs)
      expect(yield* Effect.promise(() => rest(reader))).toEqual([
        { type: "turn.ended", end: { error: failed("timeout", "it said nothing for 1 min") }, text: "" },
      ])
      expect(calls).toEqual(["interrupt", "agent_exited"])
      expect(markedProcesses(directory)).toEqual([])
    }).pipe(Effect.scoped),
  )

  it.live("survives a driver that cannot read a frame", () =>
    Effect.gen(function* () {
      const { conversation, reader } = yield* agent(`process.stdin.on("data", () => process.stdout.write('{"odd":1}\\n'))`)
      conversation.listen({
        interrupt: () => {},
        frame: () => {
          throw new TypeError("odd")
        },
      })
      conversation.begin()
      conversation.write({ go: true })
      expect(yield* Effect.promise(() => rest(reader))).toEqual([
        { type: "turn.ended", end: { error: failed("driver_error", "it wrote what could not be read (odd)") }, text: "" },
      ])
    }).pipe(Effect.scoped),
  )

  it.live("tells the last words of an agent that dies, and minds no garbage between turns", () =>
    Effect.gen(function* () {
      const { conversation, reader } = yield* agent(
        `console.log("Welcome!\\n{}"); process.stdin.once("data", () => { console.error("out of luck"); process.exit(7) })`,
      )
      yield* Effect.promise(
        () =>
          new Promise<void>((resolve) => {
            conversation.listen({ interrupt: () => {}, frame: () => resolve() })
          }),
      )
      conversation.begin()
      conversation.write({ go: true })
      expect(yield* Effect.promise(() => rest(reader))).toEqual([
        { type: "turn.ended", end: { error: failed("agent_exited", "it exited with 7: out of luck") }, text: "" },
      ])
    }).pipe(Effect.scoped),
  )

  it.live("leaves nothing behind when its scope is closed", () =>
    Effect.gen(function* () {
      const directory = yield* Effect.scoped(
        Effect.gen(function* () {
          const opened = yield* agent(
            `require("node:child_process").spawn("tail", ["-f", "/dev/null"], { detached: true, stdio: "ignore" }); console.log("{}"); setInterval(() => {}, 1000)`,
          )
          yield* Effect.promise(
            () =>
              new Promise<void>((resolve) => {
                opened.conversation.listen({ interrupt: () => {}, frame: () => resolve() })
              }),
          )
          expect(markedProcesses(opened.directory).length).toBeGreaterThan(1)
          opened.conversation.begin()
          return opened.directory
        }),
      )
      expect(markedProcesses(directory)).toEqual([])
    }),
  )
})
