/** What every driver can do, and what those can that declare it: turns, tools, usage, output, settings, resuming. */
import type { Json } from "#ir"
import type { DriverEvent } from "../driver.ts"
import { answerSchema } from "./fixture.ts"
import type { SuiteCase } from "./driver-suite.ts"
import { demand, demandStop, inPlace, ofKind, playTurn, spoken } from "./suite-place.ts"
import { told, type TurnSeen } from "./test-session.ts"

const isHello = (turn: TurnSeen): void => {
  demandStop(turn, "end_turn")
  demand(spoken(turn).includes("hello from the agent"), `expected text chunks with "hello from the agent"; seen:\n  ${told(turn.events)}`)
}

const handleOf = (events: ReadonlyArray<DriverEvent>): string => {
  const handle = events.findLast((event) => event.type === "session.handle")
  if (handle === undefined) throw new Error(`no session.handle came, so nothing can be resumed; seen:\n  ${told(events)}`)
  return handle.resume
}

const same = (a: Json | undefined, b: Json): boolean => JSON.stringify(a) === JSON.stringify(b)

export const turnCases: ReadonlyArray<SuiteCase> = [
  {
    name: "starts, streams and ends its turn once",
    run: (fixture) =>
      inPlace(fixture, "hello", async ({ open, scenes }) => {
        const session = await open()
        await session.prompt(scenes.hello)
        const turn = await playTurn(session)
        isHello(turn)
        const { text } = turn.end
        demand(
          text === undefined || spoken(turn).trim() === text.trim(),
          `the text of the end is not what was streamed: ${JSON.stringify(text)}, streamed ${JSON.stringify(spoken(turn))}`,
        )
      }),
  },
  {
    name: "takes one prompt after the other",
    run: (fixture) =>
      inPlace(fixture, "hello", async ({ open, scenes }) => {
        const session = await open()
        for (let turn = 0; turn < 3; turn++) {
          await session.prompt(scenes.hello)
          isHello(await playTurn(session))
        }
      }),
  },
  {
    name: "tells of its tools",
    scene: "tool",
    run: (fixture) =>
      inPlace(fixture, "tool", async ({ open, scenes }) => {
        const session = await open()
        await session.prompt(scenes.tool ?? "")
        const turn = await playTurn(session)
        demandStop(turn, "end_turn")
        const [started, ended] = ["cap.tool_call.start", "cap.tool_call.end"].map((kind) =>
          ofKind(turn, kind)
            .map((event) => JSON.stringify(event["call_id"]))
            .toSorted(),
        )
        demand(started !== undefined && started.length > 0, `no tool call was told; seen:\n  ${told(turn.events)}`)
        demand(same(started, ended ?? []), `calls that were begun and not ended, or the other way; seen:\n  ${told(turn.events)}`)
      }),
  },
  {
    name: "reports its usage",
    needs: "usage",
    run: (fixture) =>
      inPlace(fixture, "hello", async ({ open, scenes }) => {
        const session = await open()
        const sums: Array<number> = []
        for (let turn = 0; turn < 2; turn++) {
          await session.prompt(scenes.hello)
          const { end, events } = await playTurn(session)
          const { usage } = end
          const mode = fixture.driver.capabilities.usage
          if (usage === undefined) throw new Error(`no usage at the end of the turn; seen:\n  ${told(events)}`)
          demand(usage.mode === mode, `the driver declares ${mode} usage and reports ${usage.mode}`)
          sums.push((usage.tokens ?? 0) + (usage.usd ?? 0))
        }
        const [first = 0, second = 0] = sums
        demand(first > 0 && second > 0, `a turn that costs nothing: ${sums.join(", ")}`)
        demand(fixture.driver.capabilities.usage !== "cumulative" || second > first, `cumulative usage that does not grow: ${sums.join(", ")}`)
      }),
  },
  {
    name: "gives its output as typed data",
    needs: "structuredOutput",
    scene: "output",
    run: (fixture) =>
      inPlace(fixture, "output", async ({ open, scenes }) => {
        const session = await open()
        await session.prompt(scenes.output ?? "", { outputSchema: answerSchema, instructions: "Answer with JSON." })
        const turn = await playTurn(session)
        demandStop(turn, "end_turn")
        demand(same(turn.end.output, { answer: "42" }), `expected the output {"answer":"42"}; seen:\n  ${told(turn.events)}`)
      }),
  },
  {
    name: "applies the model and the system prompt",
    needs: ["model", "systemPrompt"],
    run: (fixture) =>
      inPlace(fixture, "hello", async ({ open, scenes, place }) => {
        const session = await open({ model: "suite-model", systemPrompt: 'suite: be "brief"\nand kind' })
        await session.prompt(scenes.hello)
        isHello(await playTurn(session))
        if (fixture.observed === undefined) throw new Error("the fixture does not say what the agent was given: `observed` is missing")
        const { model, systemPrompt } = fixture.observed(place)
        const { capabilities } = fixture.driver
        demand(!capabilities.model || model === "suite-model", `expected the model suite-model; the agent was given ${model}`)
        demand(
          !capabilities.systemPrompt || systemPrompt?.includes('suite: be "brief"\nand kind') === true,
          `the agent was not given the system prompt, but ${systemPrompt?.slice(0, 500)}`,
        )
      }),
  },
  {
    name: "stops at the most turns it may take",
    needs: "maxTurns",
    scene: "loop",
    run: (fixture) =>
      inPlace(fixture, "loop", async ({ open, scenes }) => {
        const session = await open({ maxTurns: 2 })
        await session.prompt(scenes.loop ?? "")
        demandStop(await playTurn(session), "max_turns")
      }),
  },
  {
    name: "resumes a conversation in a new process",
    needs: "resume",
    scene: "recall",
    run: (fixture) =>
      inPlace(fixture, "recall", async ({ open, scenes }) => {
        const first = await open()
        await first.prompt(scenes.remember ?? "")
        const resume = handleOf((await playTurn(first)).events)
        await first.close()
        const second = await open({ resume })
        await second.prompt(scenes.recall ?? "")
        const turn = await playTurn(second)
        demandStop(turn, "end_turn")
        demand(spoken(turn).includes("kiwi"), `the resumed conversation does not know the word kiwi; seen:\n  ${told(turn.events)}`)
      }),
  },
  {
    name: "loses nothing to a slow reader",
    scene: "flood",
    run: (fixture) =>
      inPlace(fixture, "flood", async ({ open, scenes }) => {
        const session = await open()
        await session.prompt(scenes.flood ?? "")
        const events: Array<DriverEvent> = []
        for (let event = await session.next(); event !== undefined; event = await session.next()) {
          events.push(event)
          await new Promise((next) => {
            setImmediate(next)
          })
          if (event.type === "turn.ended") break
        }
        const expected = Array.from({ length: 1000 }, (_, number) => number).join(" ")
        const text = spoken({ events })
        demand(
          text.replaceAll(/\s+/gu, " ").trim() === expected,
          `expected the numbers from 0 to 999 in order; came: ${text.slice(0, 200)} … ${text.slice(-200)}`,
        )
        demand(ofKind({ events }, "cap.text_chunk").length >= 100, "the text came in fewer than 100 parts")
      }),
  },
]
