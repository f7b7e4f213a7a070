/** Agents that write garbage, make noise, or die at any point: a failed turn, and nothing worse. */
import type { SuiteCase } from "./driver-suite.ts"
import { withFault, type Fault } from "./fault-proxy.ts"
import { defaultGarbage, defaultHarmless, type DriverFixture } from "./fixture.ts"
import { AgentGone, demand, demandStop, inPlace, playTurn, type CaseRoom } from "./suite-place.ts"
import { told, type TurnSeen } from "./test-session.ts"

const faulty = (fixture: DriverFixture, fault: Fault, run: (room: CaseRoom) => Promise<void>): Promise<void> => {
  let started = false
  return inPlace(
    fixture,
    "hello",
    async (room) => {
      await run(room)
      demand(started, "the fixture does not start its agent by `place.command`; say `process: false` when it cannot")
    },
    (argv, { home }) => {
      started = true
      return withFault(fault, home, argv)
    },
  )
}

const encoded = (line: string | Uint8Array): string => Buffer.from(line).toString("base64")
const failureOf = (turn: TurnSeen): string => {
  const { end } = turn.end
  if (!("error" in end)) throw new Error(`expected the turn to fail; seen:\n  ${told(turn.events)}`)
  demand(end.error.message !== "", "a failure without a message")
  return end.error.kind
}

const inserted = (line: string | Uint8Array): Fault => ({ kind: "insert", before: "hello", base64: encoded(line) })

/** Whether the turn ended well: then the agent had said all before it died. */
const dies = async (fixture: DriverFixture, fault: Fault & { readonly kind: "die" }): Promise<boolean> => {
  let survived = false
  await faulty(fixture, fault, async ({ open, scenes }) => {
    const session = await open().catch((error: unknown) => {
      demand(error instanceof Error && error.message !== "", `open failed without a message: ${String(error)}`)
      return undefined
    })
    if (session === undefined) return
    await session.prompt(scenes.hello)
    const turn = await playTurn(session).catch((error: unknown) => {
      if (error instanceof AgentGone) return undefined
      throw error
    })
    if (turn === undefined) return
    if ("stop" in turn.end.end) {
      demandStop(turn, "end_turn")
      survived = true
      return
    }
    const kind = failureOf(turn)
    demand(kind === "agent_exited" || kind === "driver_error", `an agent that dies after ${fault.after} lines is agent_exited or driver_error, not ${kind}`)
  })
  return survived
}

/** More lines than this a short answer should not need. */
const mostLines = 300
const atOnce = 4

const deaths = (name: string, cut: "whole" | "half"): SuiteCase => ({
  name,
  process: true,
  run: async (fixture) => {
    for (let from = 0; from < mostLines; from += atOnce) {
      const points = Array.from({ length: atOnce }, (_, index) => from + index)
      const survived = await Promise.all(points.map((after) => dies(fixture, { kind: "die", after, cut })))
      if (survived.every(Boolean)) return
    }
    throw new Error(`the agent said more than ${mostLines} lines for a short answer`)
  },
})

export const faultCases: ReadonlyArray<SuiteCase> = [
  {
    name: "fails a turn in which the agent writes garbage",
    process: true,
    run: async (fixture) => {
      for (const line of fixture.garbage ?? defaultGarbage) {
        await faulty(fixture, inserted(line), async ({ open, scenes }) => {
          const session = await open()
          await session.prompt(scenes.hello)
          const kind = failureOf(await playTurn(session))
          demand(kind === "driver_error", `garbage (${String(line).slice(0, 40)}) is a driver_error, not ${kind}`)
        })
      }
    },
  },
  {
    name: "passes over lines that mean nothing",
    process: true,
    run: async (fixture) => {
      for (const line of fixture.harmless ?? defaultHarmless()) {
        await faulty(fixture, inserted(line), async ({ open, scenes }) => {
          const session = await open()
          await session.prompt(scenes.hello)
          demandStop(await playTurn(session), "end_turn")
        })
      }
    },
  },
  {
    name: "is not disturbed by noise on standard error",
    process: true,
    run: (fixture) =>
      faulty(fixture, { kind: "noise", bytes: 1_000_000 }, async ({ open, scenes }) => {
        const session = await open()
        await session.prompt(scenes.hello)
        demandStop(await playTurn(session), "end_turn")
      }),
  },
  deaths("tells of an agent that dies after any line, its last one without an end", "whole"),
  deaths("tells of an agent that dies within any line", "half"),
  {
    name: "tells when the program is not there",
    process: true,
    run: (fixture) =>
      inPlace(
        fixture,
        "hello",
        async ({ open, scenes }) => {
          const problem = await open().then(
            async (session) => {
              await session.prompt(scenes.hello)
              const { end } = (await playTurn(session)).end
              return "error" in end ? end.error : undefined
            },
            (error: unknown) => error,
          )
          const message = typeof problem === "object" && problem !== null && "message" in problem ? String(problem.message) : ""
          demand(message.includes("/nowhere/agent"), `expected a failure that names the program /nowhere/agent; it was ${JSON.stringify(problem)} ${message}`)
        },
        () => ["/nowhere/agent"],
      ),
  },
]
