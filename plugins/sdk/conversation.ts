/**
 * A conversation with an agent that is a process and speaks NDJSON. The driver says what frames mean; starting, reading at the
 * reader's pace, garbage, silence, cancelling, the agent's death and the ladder of its stop are the same for all and done here.
 */
import type { Json } from "#ir"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Confine, DriverFailure } from "./driver.ts"
import { failed, failure, type FleetFailure } from "./failure.ts"
import type { Fields } from "./json.ts"
import { frameLine, readMessages } from "./ndjson.ts"
import { startProcess, type AgentProcess } from "./process.ts"
import { makeTimers } from "./timers.ts"
import { makeTurnKeeper, type TurnKeeper } from "./turn-keeper.ts"
import { within } from "./within.ts"

export interface AgentStart {
  /** The agent, as messages call it. */
  readonly name: string
  /** What to do when its program is not there. */
  readonly install: string
  readonly command: ReadonlyArray<string>
  readonly directory: string
  readonly env: { readonly [name: string]: string }
  /** The sandbox of the session. */
  readonly confine?: Confine | undefined
}

export interface ConversationOptions extends AgentStart {
  /** As of `TurnKeeperOptions`. */
  readonly stallMs: number
}

/** What the driver knows of the protocol. */
export interface Protocol {
  readonly frame: (frame: Fields) => void
  /** Asks the agent to stop its turn. */
  readonly interrupt: () => void
  /** The agent is gone; told before a turn that runs ends of it. */
  readonly gone?: (error: DriverFailure) => void
}

export interface Conversation extends Omit<TurnKeeper, "finish" | "idle" | "room" | "touch"> {
  readonly write: (frame: Json) => void
  /** Starts reading. Called once. */
  readonly listen: (protocol: Protocol) => void
  /** Asks a turn that runs to stop, ends the input, TERM, KILL of the group, KILL of all that carries the marks. */
  readonly close: () => Promise<void>
}

/** How long a turn may take to end before the agent is stopped under it. */
const partingMs = 300

const isMissing = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "ENOENT"

/** The process, stopped with the scope at the latest. */
export const startAgent = ({ name, install, command, directory, env, confine }: AgentStart): Effect.Effect<AgentProcess, FleetFailure, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.tryPromise({
      try: () => startProcess({ command, directory, env, confine }),
      catch: (error) =>
        isMissing(error)
          ? failure("driver_error", `${command[0] ?? name} is not installed: ${install}`)
          : failure("driver_error", `${name} did not start: ${error instanceof Error ? error.message : String(error)}`),
    }),
    (agent) => Effect.promise(() => agent.stop()),
  )

/** How an agent left, with its last words. */
export const departure = async (name: string, agent: AgentProcess): Promise<DriverFailure> => {
  const { code, signal } = await agent.exited
  const said = agent.complaints().split("\n").slice(-5).join("\n")
  return failed("agent_exited", `${name} ${signal === null ? `exited with ${code}` : `was killed by ${signal}`}${said === "" ? "" : `: ${said}`}`)
}

/** Starts the agent and keeps its turns; it is stopped with the scope. Fails with `driver_error` when its program does not start. */
export const openConversation = (options: ConversationOptions): Effect.Effect<Conversation, FleetFailure, Scope.Scope> =>
  Effect.gen(function* () {
    const { name } = options
    const timers = yield* makeTimers
    const agent = yield* startAgent(options)
    let protocol: Protocol | undefined
    const keeper = makeTurnKeeper({
      name,
      stallMs: options.stallMs,
      timers,
      interrupt: () => protocol?.interrupt(),
      abandon: () => void agent.stop(),
    })

    const understood = (frame: Fields): string | undefined => {
      try {
        protocol?.frame(frame)
        return undefined
      } catch (error) {
        return `what could not be read (${error instanceof Error ? error.message : String(error)})`
      }
    }
    const read = async (): Promise<void> => {
      let broken = false
      for await (const message of readMessages(agent.lines)) {
        // Left before its end the stream of a process rejects somewhere inside on Deno, and takes the program down.
        if (broken) continue
        keeper.touch()
        const problem = message.type === "frame" ? understood(message.frame) : message.problem
        if (problem !== undefined && keeper.running()) {
          keeper.end({ error: failed("driver_error", `${name} wrote ${problem}`) })
          broken = true
          void agent.stop()
        }
        const room = keeper.room()
        if (room !== undefined) await room
      }
      const error = await departure(name, agent)
      protocol?.gone?.(error)
      keeper.finish(error)
    }

    const { finish: _finish, idle: _idle, room: _room, touch: _touch, ...turns } = keeper
    return {
      ...turns,
      write: (frame) => agent.write(frameLine(frame)),
      listen: (spoken) => {
        protocol = spoken
        void read()
      },
      close: async () => {
        keeper.cancel()
        await within(partingMs, keeper.idle())
        await agent.stop()
      },
    }
  })
