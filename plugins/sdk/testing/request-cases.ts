/** Permissions, questions, messages to an agent that works, and stopping it. */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { Json } from "#ir"
import type { DriverEvent } from "../driver.ts"
import { markedProcesses } from "../marked-processes.ts"
import type { SuiteCase } from "./driver-suite.ts"
import type { DriverFixture } from "./fixture.ts"
import { demand, demandStop, inPlace, ofKind, playTurn, requestId, spoken, type CaseRoom } from "./suite-place.ts"
import { told } from "./test-session.ts"

const isRequest =
  (kind: string) =>
  (event: DriverEvent): boolean =>
    event.type === "agent" && event.event.kind === kind
const requestOf = (events: ReadonlyArray<DriverEvent>): string => {
  const last = events.at(-1)
  const request = last?.type === "agent" ? requestId(last.event) : undefined
  if (request === undefined) throw new Error(`a request without a req_id or an ask_id: ${JSON.stringify(last)}`)
  return request
}
/** What the tool of the scenes did, where that can be looked at. */
const demandRan = (fixture: DriverFixture, { place }: CaseRoom, expected: boolean, events: ReadonlyArray<DriverEvent>): void => {
  if (fixture.tools === false) return
  const ran = existsSync(join(place.directory, "permitted.txt"))
  demand(ran === expected, `${expected ? "the tool was permitted and did not run" : "the tool ran without being permitted"}; seen:\n  ${told(events)}`)
}
const saysSomething = (event: DriverEvent): boolean => event.type === "agent" && event.event.kind === "cap.text_chunk"

const permission = (name: string, reply: Json, permitted: boolean): SuiteCase => ({
  name,
  needs: "permission",
  scene: "permission",
  run: (fixture) =>
    inPlace(fixture, "permission", async (room) => {
      const session = await room.open()
      await session.prompt(room.scenes.permission ?? "")
      const before = await session.until("a permission request", isRequest("cap.permission.request"))
      const event = before.at(-1)
      const risk = event?.type === "agent" ? event.event["risk_level"] : undefined
      demand(risk === "low" || risk === "medium" || risk === "high", `a permission request needs a risk_level; it is ${JSON.stringify(event)}`)
      demandRan(fixture, room, false, before)
      await session.send({ type: "answer", request: requestOf(before), reply })
      const turn = await playTurn(session, reply)
      demandStop(turn, "end_turn")
      demandRan(fixture, room, permitted, turn.events)
    }),
})

const asksAgain = (name: string, reply: Json, requests: number, permitted: boolean): SuiteCase => ({
  name,
  scene: "twice",
  run: (fixture) =>
    inPlace(fixture, "twice", async (room) => {
      const session = await room.open()
      await session.prompt(room.scenes.twice ?? "")
      const turn = await playTurn(session, reply)
      demandStop(turn, "end_turn")
      const asked = ofKind(turn, "cap.permission.request").length
      demand(asked === requests, `expected ${requests} permission requests, came ${asked}; seen:\n  ${told(turn.events)}`)
      demandRan(fixture, room, permitted, turn.events)
    }),
})

const isAlive = (pid: number): boolean => {
  try {
    // A zombie still has a number, but does nothing.
    return !/^\d+ \(.*\) [ZX]/su.test(readFileSync(`/proc/${pid}/stat`, "utf8"))
  } catch {
    return false
  }
}

const fileWithin = async (path: string, ms: number): Promise<string> => {
  for (let waited = 0; waited < ms; waited += 20) {
    const text = existsSync(path) ? readFileSync(path, "utf8").trim() : ""
    if (text !== "") return text
    await new Promise((next) => {
      setTimeout(next, 20)
    })
  }
  throw new Error(`nothing in ${path} within ${ms} ms`)
}

export const requestCases: ReadonlyArray<SuiteCase> = [
  permission("runs a tool that is allowed", "allow_once", true),
  permission("does not run a tool that is denied", "deny", false),
  asksAgain("asks each time when a tool is allowed once", "allow_once", 2, true),
  asksAgain("asks once when a tool is always allowed", "allow_always", 1, true),
  asksAgain("never runs what is always denied", "deny_always", 1, false),
  {
    name: "waits on when the answer is to another request",
    needs: "permission",
    scene: "permission",
    run: (fixture) =>
      inPlace(fixture, "permission", async (room) => {
        const session = await room.open()
        await session.prompt(room.scenes.permission ?? "")
        const request = requestOf(await session.until("a permission request", isRequest("cap.permission.request")))
        await session.send({ type: "answer", request: `not-${request}`, reply: "deny" })
        await session.send({ type: "answer", request, reply: "allow_once" })
        await session.send({ type: "answer", request, reply: "deny" })
        const turn = await playTurn(session)
        demandStop(turn, "end_turn")
        demandRan(fixture, room, true, turn.events)
      }),
  },
  {
    name: "asks its user and gets the answer",
    scene: "question",
    run: (fixture) =>
      inPlace(fixture, "question", async ({ open, scenes }) => {
        const session = await open()
        await session.prompt(scenes.question ?? "")
        const before = await session.until("a question", isRequest("cap.ask_user"))
        await session.send({ type: "answer", request: requestOf(before), reply: "blue" })
        const turn = await playTurn(session)
        demandStop(turn, "end_turn")
        demand(spoken(turn).includes("blue"), `the agent does not say the answer, blue; seen:\n  ${told(turn.events)}`)
      }),
  },
  {
    name: "hears a message while it works",
    needs: "queuedInput",
    scene: "queued",
    run: (fixture) =>
      inPlace(fixture, "queued", async ({ open, scenes }) => {
        const session = await open()
        await session.prompt(scenes.queued?.prompt ?? "")
        const sent = session.send({ type: "message", text: scenes.queued?.message ?? "" })
        const turn = await playTurn(session)
        await sent
        demandStop(turn, "end_turn")
        demand(spoken(turn).includes("heard"), `the agent did not hear the message; seen:\n  ${told(turn.events)}`)
      }),
  },
  {
    name: "cancels its turn and takes the next prompt",
    needs: "cancelTurn",
    scene: "hang",
    run: (fixture) =>
      inPlace(fixture, "hang", async ({ open, scenes }) => {
        const session = await open()
        await session.prompt(scenes.hang ?? "")
        const before = await session.until("some text", saysSomething)
        await session.send({ type: "cancel" })
        await session.send({ type: "cancel" })
        demandStop(await session.turn(before), "cancelled")
        await session.prompt(scenes.hello)
        demandStop(await playTurn(session), "end_turn")
      }),
  },
  {
    name: "cancels a turn that has only just begun",
    needs: "cancelTurn",
    scene: "hang",
    run: (fixture) =>
      inPlace(fixture, "hang", async ({ open, scenes }) => {
        const session = await open()
        await session.prompt(scenes.hang ?? "")
        await session.send({ type: "cancel" })
        demandStop(await session.turn(), "cancelled")
      }),
  },
  {
    name: "cancels a turn that waits for a permission",
    needs: ["cancelTurn", "permission"],
    scene: "permission",
    run: (fixture) =>
      inPlace(fixture, "permission", async (room) => {
        const session = await room.open()
        await session.prompt(room.scenes.permission ?? "")
        const before = await session.until("a permission request", isRequest("cap.permission.request"))
        await session.send({ type: "cancel" })
        demandStop(await session.turn(before), "cancelled")
        await session.send({ type: "answer", request: requestOf(before), reply: "allow_once" })
        demandRan(fixture, room, false, before)
      }),
  },
  {
    name: "is closed in the middle of a turn",
    scene: "hang",
    run: (fixture) =>
      inPlace(fixture, "hang", async ({ open, scenes }) => {
        const session = await open()
        await session.prompt(scenes.hang ?? "")
        await session.until("some text", saysSomething)
        await session.close()
      }),
  },
  {
    name: "is closed before its first prompt",
    run: (fixture) =>
      inPlace(fixture, "hello", async ({ open }) => {
        await (await open()).close()
      }),
  },
  {
    name: "leaves no process, not even one in a session of its own",
    scene: "orphan",
    run: (fixture) =>
      inPlace(fixture, "orphan", async ({ open, scenes, place }) => {
        const session = await open()
        await session.prompt(scenes.orphan ?? "")
        const reading = playTurn(session).catch(() => undefined)
        const pid = Number(await fileWithin(join(place.directory, "orphan.pid"), fixture.timeoutMs ?? 30_000))
        // Within a sandbox a process may know itself by another id.
        const seen = markedProcesses(place.run, place.session)
        demand(seen.length > 0, "no process of the scene carries the marks of its environment")
        await session.close()
        await reading
        demand(!seen.includes(pid) || !isAlive(pid), `process ${pid} outlived its agent`)
      }),
  },
]
