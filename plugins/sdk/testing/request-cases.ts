/** Permissions, questions, messages to an agent that works, and stopping it. */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { Json } from "#ir"
import type { DriverEvent } from "../driver.ts"
import { markedProcesses } from "../marked-processes.ts"
import type { SuiteCase } from "./driver-suite.ts"
import type { DriverFixture, Scenes } from "./fixture.ts"
import { demand, demandStop, inPlace, ofKind, playTurn, requestId, spoken, type CaseRoom } from "./suite-place.ts"
import { told, type TestSession } from "./test-session.ts"

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

/** A case in whose scene an agent works already when `run` is called. */
const atWork = (
  { name, scene, needs }: Pick<SuiteCase, "name" | "needs"> & { readonly scene: keyof Scenes },
  run: (session: TestSession, room: CaseRoom, fixture: DriverFixture) => Promise<void>,
): SuiteCase => ({
  name,
  ...(needs !== undefined && { needs }),
  scene,
  run: (fixture) =>
    inPlace(fixture, scene, async (room) => {
      const session = await room.open()
      const given = room.scenes[scene]
      await session.prompt(typeof given === "object" ? given.prompt : (given ?? ""))
      await run(session, room, fixture)
    }),
})

const permission = (name: string, reply: Json, permitted: boolean): SuiteCase =>
  atWork({ name, scene: "permission", needs: "permission" }, async (session, room, fixture) => {
    const before = await session.until("a permission request", isRequest("cap.permission.request"))
    const event = before.at(-1)
    const risk = event?.type === "agent" ? event.event["risk_level"] : undefined
    demand(risk === "low" || risk === "medium" || risk === "high", `a permission request needs a risk_level; it is ${JSON.stringify(event)}`)
    demandRan(fixture, room, false, before)
    await session.send({ type: "answer", request: requestOf(before), reply })
    const turn = await playTurn(session, reply)
    demandStop(turn, "end_turn")
    demandRan(fixture, room, permitted, turn.events)
  })

const asksAgain = (name: string, reply: Json, requests: number, permitted: boolean): SuiteCase =>
  atWork({ name, scene: "twice" }, async (session, room, fixture) => {
    const turn = await playTurn(session, reply)
    demandStop(turn, "end_turn")
    const asked = ofKind(turn, "cap.permission.request").length
    demand(asked === requests, `expected ${requests} permission requests, came ${asked}; seen:\n  ${told(turn.events)}`)
    demandRan(fixture, room, permitted, turn.events)
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
  atWork({ name: "waits on when the answer is to another request", scene: "permission", needs: "permission" }, async (session, room, fixture) => {
    const request = requestOf(await session.until("a permission request", isRequest("cap.permission.request")))
    await session.send({ type: "answer", request: `not-${request}`, reply: "deny" })
    await session.send({ type: "answer", request, reply: "allow_once" })
    await session.send({ type: "answer", request, reply: "deny" })
    const turn = await playTurn(session)
    demandStop(turn, "end_turn")
    demandRan(fixture, room, true, turn.events)
  }),
  atWork({ name: "tells of a request that its agent takes back, and heeds no answer to it", scene: "withdrawn" }, async (session, room, fixture) => {
    const request = requestOf(await session.until("a permission request", isRequest("cap.permission.request")))
    const before = await session.until("that it is withdrawn", isRequest("cap.request.withdrawn"))
    demand(requestOf(before) === request, `expected that ${request} is withdrawn; seen:\n  ${told(before)}`)
    await session.send({ type: "answer", request, reply: "allow_once" })
    demandStop(await playTurn(session), "end_turn")
    demandRan(fixture, room, false, before)
    await session.prompt(room.scenes.permission ?? "")
    const turn = await playTurn(session)
    demandStop(turn, "end_turn")
    demandRan(fixture, room, true, turn.events)
  }),
  atWork({ name: "asks its user and gets the answer", scene: "question" }, async (session) => {
    const before = await session.until("a question", isRequest("cap.ask_user"))
    await session.send({ type: "answer", request: requestOf(before), reply: "blue" })
    const turn = await playTurn(session)
    demandStop(turn, "end_turn")
    demand(spoken(turn).includes("blue"), `the agent does not say the answer, blue; seen:\n  ${told(turn.events)}`)
  }),
  atWork({ name: "hears a message while it works", scene: "queued", needs: "queuedInput" }, async (session, { scenes }) => {
    const sent = session.send({ type: "message", text: scenes.queued?.message ?? "" })
    const turn = await playTurn(session)
    await sent
    demandStop(turn, "end_turn")
    demand(spoken(turn).includes("heard"), `the agent did not hear the message; seen:\n  ${told(turn.events)}`)
  }),
  atWork({ name: "cancels its turn and takes the next prompt", scene: "hang", needs: "cancelTurn" }, async (session, { scenes }) => {
    const before = await session.until("some text", saysSomething)
    await session.send({ type: "cancel" })
    await session.send({ type: "cancel" })
    demandStop(await session.turn(before), "cancelled")
    await session.prompt(scenes.hello)
    demandStop(await playTurn(session), "end_turn")
  }),
  atWork({ name: "cancels a turn that has only just begun", scene: "hang", needs: "cancelTurn" }, async (session) => {
    await session.send({ type: "cancel" })
    demandStop(await session.turn(), "cancelled")
  }),
  atWork({ name: "cancels a turn that waits for a permission", scene: "permission", needs: ["cancelTurn", "permission"] }, async (session, room, fixture) => {
    const before = await session.until("a permission request", isRequest("cap.permission.request"))
    await session.send({ type: "cancel" })
    demandStop(await session.turn(before), "cancelled")
    await session.send({ type: "answer", request: requestOf(before), reply: "allow_once" })
    demandRan(fixture, room, false, before)
  }),
  atWork({ name: "is closed in the middle of a turn", scene: "hang" }, async (session) => {
    await session.until("some text", saysSomething)
    await session.close()
  }),
  {
    name: "is closed before its first prompt",
    run: (fixture) =>
      inPlace(fixture, "hello", async ({ open }) => {
        await (await open()).close()
      }),
  },
  atWork({ name: "leaves no process, not even one in a session of its own", scene: "orphan" }, async (session, { place }, fixture) => {
    const reading = playTurn(session).catch(() => undefined)
    const pid = Number(await fileWithin(join(place.directory, "orphan.pid"), fixture.timeoutMs ?? 30_000))
    // Within a sandbox a process may know itself by another id.
    const seen = markedProcesses(place.run, place.session)
    demand(seen.length > 0, "no process of the scene carries the marks of its environment")
    await session.close()
    await reading
    demand(!seen.includes(pid) || !isAlive(pid), `process ${pid} outlived its agent`)
  }),
]
