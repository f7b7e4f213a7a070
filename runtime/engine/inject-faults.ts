/** Plugins and a journal that do wrong when they are told to. They count over all processes of a run. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { DriverEvent, DriverHandle, Workspace } from "#sdk"
import { JournalError, type JournalShape } from "../journal/journal.ts"
import type { DriverFault, EndFault, Faults } from "./faults.ts"
import { settle } from "./plugin-calls.ts"
import type { AnyDriver, AnyPolicyPack, AnyRouting, AnySink, AnyWorkspaceProvider, Policies, Routers } from "./run.ts"
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

const eachOf = <P>(plugins: { readonly [name: string]: P }, made: (plugin: P, name: string) => P): { readonly [name: string]: P } =>
  Object.fromEntries(Object.entries(plugins).map(([name, plugin]) => [name, made(plugin, name)]))

export const faultyRouters = (routers: Routers, faults: Faults["routers"] = []): Routers => {
  const questions = makeCounter()
  return eachOf<AnyRouting>(routers, (router) => ({
    ...router,
    decide: (request) => {
      const time = questions("")
      const fault = faults.find((one) => one.time === time)
      if (fault === undefined) return router.decide(request)
      if (fault.fault === "hangs") return Effect.never
      if (fault.fault === "throws") throw broken("the routing plugin fail")
      return wrongly(fault.answer)
    },
  }))
}

export const faultyPolicies = (policies: Policies, faults: Faults["policies"] = []): Policies => {
  const questions = makeCounter()
  return eachOf<AnyPolicyPack>(policies, (pack, name) => ({
    ...pack,
    decide: (boundary, payload, context) => {
      const [all, own] = [questions(""), questions(name)]
      const fault = faults.find((one) => (one.pack === undefined ? one.time === all : one.pack === name && one.time === own))
      if (fault === undefined) return pack.decide(boundary, payload, context)
      if (fault.fault === "hangs") return Effect.never
      if (fault.fault === "throws") throw broken("the policy fail")
      return wrongly({ effect: "perhaps" })
    },
  }))
}

/** What no plugin may answer; the type says that it cannot. */
const wrongly = (answer: unknown): never => answer as never

const slowMs = 5000

/** Sinks beside those of the fleet, by the names under which it uses them. */
export const faultySinks = (faults: Faults["sinks"] = []): { readonly [name: string]: AnySink } =>
  Object.fromEntries(
    faults.map(({ fault, time }, at) => {
      let written = 0
      const act = () => {
        if (fault === "hangs") return Effect.never
        if (fault === "slow") return Effect.sleep(slowMs)
        throw broken("the sink fail")
      }
      return [`scripted-${at + 1}`, { write: () => (++written >= time ? act() : undefined), close: () => (written >= time ? act() : undefined) }]
    }),
  )

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
