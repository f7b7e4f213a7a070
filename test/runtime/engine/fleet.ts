/** Fleets and drivers for the engine's tests. */
import * as Effect from "effect/Effect"
import type { Expression, Ir, Rule, Session } from "#ir"
import { noCapabilities, type DriverEvent, type DriverHandle, type Frame } from "#sdk"
import type { AnyDriver, AnyWorkspaceProvider } from "../../../runtime/engine/run.ts"
import { plainFleet, plainSession as session } from "../../plain-ir.ts"

export { session }

const text = (value: string): Expression => ({ expr: { op: "literal", kind: "string", value }, type: { kind: "string" } })

/** When `from` is done, `to` gets the prompt. */
export const followUp = (number: number, from: string, to: string): Rule => ({
  id: `r${number}`,
  join: { kind: "event", leaf: 0, event: { source: "session", session: from, event: "done" } },
  cases: [{ action: { kind: "send", id: `r${number}.0`, to: [to], prompt: text(`after ${from}`), bySubtask: false, fresh: false } }],
})

export const fleet = (sessions: ReadonlyArray<Session>, rules: ReadonlyArray<Rule> = []): Ir =>
  plainFleet(sessions, { fleet: { name: "test", task: text("go") }, start: sessions[0] === undefined ? [] : [sessions[0].id], rules })

export const pipeline = (length: number): Ir =>
  fleet(
    Array.from({ length }, (_, at) => session(`s${at}`)),
    Array.from({ length: length - 1 }, (_, at) => followUp(at + 1, `s${at}`, `s${at + 1}`)),
  )

/** A driver whose sessions do to each frame what `act` says: it may emit events and end. */
export const fakeDriver = (
  act: (frame: Frame, say: (event: DriverEvent) => void, end: (error?: Error) => void, session: string) => void,
  log: Array<string> = [],
): AnyDriver => ({
  capabilities: { ...noCapabilities, model: true, systemPrompt: true, maxTurns: true, queuedInput: true, cancelTurn: true, permission: true, usage: "delta" },
  open: async ({ session: id }): Promise<DriverHandle> => {
    log.push(`open ${id}`)
    const queue: Array<DriverEvent> = []
    let over = false
    let broken: Error | undefined
    let wake = () => {}
    const events = async function* () {
      for (;;) {
        const next = queue.shift()
        if (next !== undefined) yield next
        else if (broken !== undefined) throw broken
        else if (over) return
        else
          await new Promise<void>((resolve) => {
            wake = resolve
          })
      }
    }
    const end = (error?: Error) => {
      over = true
      broken = error
      wake()
    }
    const say = (event: DriverEvent) => {
      queue.push(event)
      wake()
    }
    return {
      send: (frame) => act(frame, say, end, id),
      events: events(),
      close: () => {
        log.push(`close ${id}`)
        end()
      },
    }
  },
})

export const saysOk = fakeDriver((frame, say) => {
  if (frame.type === "prompt") say({ type: "turn.ended", end: { stop: "end_turn" }, text: "ok" })
})

/** Workspaces that only write down what is done to them. */
export const loggedWorkspaces = (log: Array<string>, path = "/nowhere"): AnyWorkspaceProvider => ({
  isolated: true,
  acquire: ({ session: id }) =>
    Effect.sync(() => {
      log.push(`acquire ${id}`)
      return {
        path,
        branch: `fleet/${id}`,
        snapshot: async () => {
          log.push(`snapshot ${id}`)
          return { branch: `fleet/${id}`, commit: "c" }
        },
        diff: async () => "",
        release: async () => {
          log.push(`release ${id}`)
          return {}
        },
      }
    }),
})
