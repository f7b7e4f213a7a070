/** A driver, workspaces and a journal that do wrong when they are told to. They count over all processes of a run. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { DriverEvent, DriverHandle, Workspace } from "#sdk"
import { JournalError, type JournalShape } from "../journal/journal.ts"
import type { DriverFault, EndFault, Faults } from "./faults.ts"
import { settle } from "./plugin-calls.ts"
import type { AnyDriver, AnyWorkspaceProvider } from "./run.ts"
import type { VirtualWorld } from "./virtual-time.ts"

/** Gives how often it was asked about the same. */
const makeCounter = () => {
  const counts = new Map<string, number>()
  return (key: string): number => {
    const count = (counts.get(key) ?? 0) + 1
    counts.set(key, count)
    return count
  }
}

const broken = (what: string): Error => new Error(`the script lets ${what}`)

const eventsOf = ({ events }: DriverHandle): Stream.Stream<DriverEvent, unknown> =>
  Stream.isStream(events) ? (events as Stream.Stream<DriverEvent, unknown>) : Stream.fromAsyncIterable(events as AsyncIterable<DriverEvent>, (cause) => cause)

/** What no driver may say; the type says that it cannot. */
const garbage = (): DriverEvent => JSON.parse('{"type":"turn.ended","end":{"stop":"whenever"},"text":7}')

const withFault = (handle: DriverHandle, { fault, after = 0 }: DriverFault): DriverHandle => {
  const first = Stream.take(eventsOf(handle), after)
  switch (fault) {
    case "dies":
      return { ...handle, events: first }
    case "breaks":
      return { ...handle, events: Stream.concat(first, Stream.fail(broken("the stream of events break"))) }
    case "garbage":
      return { ...handle, events: Stream.concat(first, Stream.concat(Stream.fromArray([garbage()]), Stream.never)) }
    case "silent":
      return { ...handle, events: Stream.concat(first, Stream.never) }
    case "deaf":
      return { ...handle, send: () => Effect.never }
    case "stays":
      return {
        ...handle,
        close: () =>
          Effect.andThen(
            Effect.suspend(() => closed(handle)),
            Effect.never,
          ),
      }
    case "refuses":
      return handle
  }
}

/** The agent is asked to go all the same, so that nothing of it is left. */
const closed = (handle: DriverHandle): Effect.Effect<void> => Effect.ignore(Effect.scoped(settle<void>(() => handle.close(), "driver_error")))

export const faultyDriver = (driver: AnyDriver, faults: Faults["drivers"] = []): AnyDriver => {
  const openings = makeCounter()
  return {
    ...driver,
    open: (context) => {
      const opening = openings(context.session)
      const fault = faults.find((one) => one.session === context.session && one.opening === opening)
      if (fault === undefined) return driver.open(context)
      if (fault.fault === "refuses") return Effect.fail(broken("the driver refuse to open"))
      return Effect.map(
        settle<DriverHandle>(() => driver.open(context), "driver_error"),
        (handle) => withFault(handle, fault),
      )
    },
  }
}

export const faultyWorkspaces = (provider: AnyWorkspaceProvider, faults: Faults["workspaces"] = []): AnyWorkspaceProvider => {
  const calls = makeCounter()
  const fails = (session: string, call: "acquire" | "snapshot" | "release"): boolean => {
    const time = calls(`${call} ${session}`)
    return faults.some((one) => one.session === session && one.call === call && one.time === time)
  }
  return {
    ...provider,
    acquire: (request) =>
      Effect.gen(function* () {
        const { session } = request
        if (fails(session, "acquire")) return yield* Effect.fail(broken("no workspace be made"))
        const workspace = yield* settle<Workspace>(() => provider.acquire(request), "workspace_error")
        return {
          ...workspace,
          snapshot: async (message) => {
            if (fails(session, "snapshot")) throw broken("the commit fail")
            return workspace.snapshot(message)
          },
          release: async () => {
            if (fails(session, "release")) throw broken("the workspace be kept")
            return workspace.release()
          },
        }
      }),
  }
}

/** The journal as one process sees it. */
export const faultyJournal = (journal: JournalShape, world: VirtualWorld, end: EndFault | undefined): JournalShape => {
  let appends = 0
  let gone = false
  const die = Effect.suspend(() => {
    world.kill()
    return Effect.never
  })
  const refuse = Effect.fail(new JournalError({ reason: "io", message: "the script lets no more be written" }))
  return {
    ...journal,
    append: (...args) =>
      Effect.suspend(() => {
        appends += 1
        gone ||= end?.append === appends
        if (!gone || end === undefined) return journal.append(...args)
        if (end.how === "refused") return refuse
        return end.how === "killed" ? die : Effect.andThen(journal.append(...args), die)
      }),
    keepSnapshot: (...args) => Effect.suspend(() => (gone ? refuse : journal.keepSnapshot(...args))),
  }
}
