/** The people of a simulation: they do what the script says at its time, whichever process runs the fleet then. */
import * as Effect from "effect/Effect"
import type { FleetEvent, Rejection } from "../machine/protocol.ts"
import { answerOfNobody } from "./nobody.ts"
import type { RunHandle, UserCommand } from "./run.ts"
import type { ControlChannel } from "../journal/journal.ts"
import { hasFields, type OutsideScript } from "./script.ts"
import type { VirtualWorld } from "./virtual-time.ts"

interface Act {
  readonly at: number
  readonly command: UserCommand
}

export interface People {
  readonly see: (event: FleetEvent) => void
  /** What is left to do is told to this process; `fork` starts what ends with it. */
  readonly turnTo: (send: RunHandle["send"], fork: (effect: Effect.Effect<void>) => void) => void
}

/** `refused` hears of what they said in vain. */
export const makePeople = (
  { replies, commands }: OutsideScript,
  headless: boolean,
  world: VirtualWorld,
  refused: (command: UserCommand, why: Rejection) => void,
): People => {
  const acts = new Set<Act>()
  const used = new Set<unknown>()
  let perform: ((act: Act) => void) | undefined

  const later = (ms: number, command: UserCommand) => {
    const act = { at: world.elapsed() + ms, command }
    acts.add(act)
    perform?.(act)
  }
  const resumed = commands.some(({ command }) => command.type === "resume")
  const decline = (event: FleetEvent) => {
    if (!headless || (event.type === "run.paused" && resumed)) return
    const answer = answerOfNobody(event)
    if (answer !== undefined) later(0, answer)
  }
  for (const command of commands) if (command.after === undefined) later(command.ms, command.command)

  return {
    see: (event) => {
      if (event.type === "request.opened") {
        // Each reply is for one request; the last that fits serves all further ones.
        const fitting = replies.filter((reply) => hasFields(event, reply.when))
        const reply = fitting.find((candidate) => !used.has(candidate)) ?? fitting.at(-1)
        used.add(reply)
        if (reply !== undefined) later(reply.afterMs, { type: "reply", request: event.request, value: reply.reply, by: "script" })
        else decline(event)
      } else decline(event)
      for (const command of commands) {
        if (command.after === undefined || used.has(command) || !hasFields(event, command.after)) continue
        used.add(command)
        later(command.ms, command.command)
      }
    },
    turnTo: (send, fork) => {
      perform = (act) => {
        fork(
          Effect.sleep(Math.max(0, act.at - world.elapsed())).pipe(
            Effect.andThen(Effect.suspend(() => send(act.command))),
            // who got no answer, because the process died, says it again to the next, and so does who hears that a process has stopped
            Effect.map((rejection) => {
              if (rejection?.code !== "run_stopped") acts.delete(act)
              if (rejection !== undefined) refused(act.command, rejection)
            }),
          ),
        )
      }
      for (const act of acts) perform(act)
    },
  }
}

const lookAgainMs = 50

/** As from another process: a command is left in the journal, and whoever left it looks for its answer there, which the next process may give. */
export const sendThrough = (control: ControlChannel, run: string): RunHandle["send"] => {
  const asked = new Map<UserCommand, number>()
  // in one step: another process does not stop in the middle when this one dies
  const ask = (command: UserCommand): Effect.Effect<number> =>
    Effect.map(Effect.context<never>(), (context) => {
      const id = Effect.runSyncWith(context)(control.ask(run, command))
      asked.set(command, id)
      return id
    })
  return (command) =>
    Effect.gen(function* () {
      const id = asked.get(command) ?? (yield* ask(command))
      for (;;) {
        const answer = yield* control.answerTo(id)
        if (answer !== undefined) return answer.rejection
        yield* Effect.sleep(lookAgainMs)
      }
    }).pipe(Effect.orDie)
}
