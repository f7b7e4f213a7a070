/** A place for one case, and a conversation in it; after the case no process and no file is left of either. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Json } from "#ir"
import type { AgentEvent } from "../cap.ts"
import type { DriverContext } from "../driver.ts"
import { markedProcesses } from "../marked-processes.ts"
import type { DriverFixture, Place, Scenes } from "./fixture.ts"
import { openTestSession, told, type TestSession, type TurnSeen } from "./test-session.ts"

export type Command = (argv: ReadonlyArray<string>, place: { readonly home: string }) => ReadonlyArray<string>
export type More = Partial<Pick<DriverContext<Json>, "model" | "systemPrompt" | "maxTurns" | "resume" | "permissions">>

export interface CaseRoom {
  readonly place: Place
  readonly scenes: Scenes
  /** Opens a conversation; it is closed with the case at the latest. */
  readonly open: (more?: More) => Promise<TestSession>
}

export const demand = (holds: boolean, problem: string): void => {
  if (!holds) throw new Error(problem)
}

const asIs: Command = (argv) => argv

const closed = async (sessions: ReadonlyArray<TestSession>, place: Place): Promise<void> => {
  for (const session of sessions) {
    await session.close()
    const late = await session.rest()
    demand(late.filter((event) => event.type === "turn.ended").length < 2, `more than one turn ended in closing:\n  ${told(late)}`)
  }
  const left = markedProcesses(place.run, place.session)
  demand(left.length === 0, `processes left after close: ${left.join(", ")}`)
}

/** Runs one case. `command` changes what the fixture starts. */
export const inPlace = async (fixture: DriverFixture, scene: string, run: (room: CaseRoom) => Promise<void>, command: Command = asIs): Promise<void> => {
  const root = mkdtempSync(join(tmpdir(), "driver-suite-"))
  const [directory, home] = [join(root, "workspace"), join(root, "home")]
  for (const path of [directory, home]) mkdirSync(path)
  const env = { PATH: process.env["PATH"] ?? "", HOME: home, FLEET_RUN: root, FLEET_SESSION: scene }
  const place: Place = { directory, home, run: root, session: scene, env, command: (argv) => command(argv, { home: root }) }
  const sessions: Array<TestSession> = []
  const open = async (more: More = {}): Promise<TestSession> => {
    const { config, env: own = {} } = fixture.context(place)
    const context: DriverContext<Json> = { run: root, session: scene, config, directory, permissions: "ask", env: { ...place.env, ...own }, ...more }
    const session = await openTestSession(fixture.driver, context, fixture.timeoutMs)
    sessions.push(session)
    return session
  }
  try {
    await run({ place, scenes: typeof fixture.scenes === "function" ? fixture.scenes(place) : fixture.scenes, open })
    await closed(sessions, place)
  } finally {
    // What failed already is what the case tells; closing again changes nothing.
    for (const session of sessions) await session.close().catch(() => undefined)
    rmSync(root, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** The events ended within a turn: by the contract that is `agent_exited`. */
export class AgentGone extends Error {}

/** By which a request is answered: `req_id` of a permission, `ask_id` of a question. */
export const requestId = (event: AgentEvent): string | undefined => [event["req_id"], event["ask_id"]].find((id) => typeof id === "string")

/** Reads to the end of the turn and gives every request the same reply. */
export const playTurn = async (session: TestSession, reply: Json = "allow_once"): Promise<TurnSeen> => {
  const seen = []
  for (;;) {
    const event = await session.next()
    if (event === undefined) throw new AgentGone(`the agent ended before its turn did; seen:\n  ${told(seen)}`)
    seen.push(event)
    if (event.type === "turn.ended") return { events: seen, end: event }
    const request = event.type === "agent" ? requestId(event.event) : undefined
    if (request !== undefined) await session.send({ type: "answer", request, reply })
  }
}

/** The events of a kind, of those an agent told. */
export const ofKind = (turn: Pick<TurnSeen, "events">, kind: string) =>
  turn.events.flatMap((event) => (event.type === "agent" && event.event.kind === kind ? [event.event] : []))

export const spoken = (turn: Pick<TurnSeen, "events">): string =>
  ofKind(turn, "cap.text_chunk")
    .map((event) => (typeof event["text"] === "string" ? event["text"] : ""))
    .join("")

export const demandStop = (turn: TurnSeen, stop: string): void =>
  demand("stop" in turn.end.end && turn.end.end.stop === stop, `expected the turn to stop with ${stop}; seen:\n  ${told(turn.events)}`)
